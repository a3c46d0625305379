"""What prepare tells of its work."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.data.examples import SPLITS, Example, Quarantined
from components.data.quarantine_reasons import LOST_IMAGE
from components.labels.states import ABSENT, PRESENT
from pipelines.prepare.image_checks import CHECK_VERSION
from pipelines.prepare.known_labels import KnownLabels
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.table_columns import as_setting
from project.settings import Settings

SCHEMA_VERSION = 1
NUM_EXAMPLES = 3
"""Of files that were passed over, of each extension."""
_NUM_SHOWN = 12
"""Of label names, to a person."""


def prepare_report(
    settings: Settings,
    examples: Sequence[Example],
    labels: KnownLabels,
    faults: Sequence[Quarantined],
    source: SourceRecords,
    unread: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Counts of everything that prepare wrote, as kept in prepare.json."""
    states = labels.matrix.states
    num_present = (states == PRESENT).sum(axis=0)
    labelled = (states == PRESENT).any(axis=1)
    used = {example.path for example in examples}
    names = labels.matrix.vocabulary.names
    return {
        "schema_version": SCHEMA_VERSION,
        "check_version": CHECK_VERSION,
        "source": {"kind": settings.source.kind, "images": settings.source.images},
        "num_examples": len(examples),
        "by_split": {split: sum(ex.split == split for ex in examples) for split in SPLITS},
        "by_modality": dict(sorted(Counter(ex.modality for ex in examples).items())),
        "num_captioned": sum(bool(example.captions) for example in examples),
        "num_labels": len(names),
        "labels": list(names),
        "labels_from": source.labels_from,
        "names": _names(source),
        "labels_without_positives": [
            name for name, count in zip(names, num_present, strict=True) if count == 0
        ],
        "num_present": int(num_present.sum()),
        "num_absent": int((states == ABSENT).sum()),
        "num_unknown": int((states == 0).sum()),
        "num_reviewed": labels.num_reviewed,
        "num_implied": labels.num_implied,
        "mean_positives": round(float(num_present.sum() / max(1, np.sum(labelled))), 4),
        "hide": _hidden(settings, labels),
        "num_quarantined": len(faults),
        "num_quarantined_images": len(
            {f.path for f in faults if f.reason in LOST_IMAGE and f.path not in used}
        ),
        "quarantined": dict(sorted(Counter(str(fault.reason) for fault in faults).items())),
        "unread": {
            suffix: {"count": len(files), "examples": list(files[:NUM_EXAMPLES])}
            for suffix, files in unread.items()
        },
        "notes": list(source.notes),
    }


def _names(source: SourceRecords) -> dict[str, object] | None:
    """How many images the annotations name, and how many of these names had no file."""
    names = source.names
    if names is None:
        return None
    return {
        "num_listed": names.num_listed,
        "num_matched": names.num_matched,
        "num_lost": names.num_lost,
        "match_advised": list(names.advice),
    }


def _hidden(settings: Settings, labels: KnownLabels) -> dict[str, object] | None:
    if settings.hide is None or labels.hiding is None:
        return None
    hiding = labels.hiding
    told: dict[str, object] = {
        "protocol": str(hiding.protocol),
        "seed": hiding.seed,
        "splits": list(settings.hide.splits),
        "mask_hash": hiding.mask_hash,
        "num_hidden": labels.hidden.num_rows,
    }
    if hiding.protocol.released:
        told["drawn_over"] = {
            "num_examples": hiding.num_drawn_over,
            "mask_hash": hiding.drawn_mask_hash,
        }
    return told


def summary_lines(report: Mapping[str, Any], num_decoded: int) -> list[str]:
    """The report in a few lines for a person."""

    def listed(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{n} {word}" for word, n in counts.items())

    lines = [
        f"{report['num_examples']} examples ({listed(report['by_split'])}; "
        f"{listed(report['by_modality'])}), {num_decoded} opened anew",
        f"  {report['num_labels']} labels; cells: {report['num_present']} present, "
        f"{report['num_absent']} absent, {report['num_unknown']} unknown; "
        f"{report['mean_positives']} positives an image that has one",
    ]
    if report["labels_from"]:
        lines.append(f"  labels: {_shown(report['labels'])}; {report['labels_from']}")
    lines.extend(_name_lines(report["names"]))
    if report["unread"]:
        lines.append(unread_line(report["unread"]))
    if report["num_implied"]:
        lines.append(f"  {report['num_implied']} cells follow from others by the names' parents")
    if report["labels_without_positives"]:
        names = report["labels_without_positives"]
        lines.append(f"  no positive: {', '.join(names)}")
    if report["num_quarantined"]:
        lines.append(f"  set aside: {listed(report['quarantined'])}; see quarantine.parquet")
    hidden = report["hide"]
    if isinstance(hidden, dict):
        lines.append(
            f"  hidden on purpose: {hidden['num_hidden']} cells ({hidden['protocol']}, "
            f"seed {hidden['seed']}, mask {hidden['mask_hash'][:12]})"
        )
        if drawn := hidden.get("drawn_over"):
            lines.append(
                f"  drawn over the whole training list of {drawn['num_examples']} "
                f"(mask {drawn['mask_hash'][:12]})"
            )
    lines.extend(f"  note: {note}" for note in report["notes"])
    return lines


def unread_line(unread: Mapping[str, Mapping[str, Any]]) -> str:
    """Which files in the folder of images are of formats that are not read."""
    kinds = [
        f"{found['count']} {suffix} ({', '.join(found['examples'])}"
        f"{', …' if found['count'] > len(found['examples']) else ''})"
        for suffix, found in unread.items()
    ]
    return f"  passed over, since files of this kind are not read: {', '.join(kinds)}"


def _name_lines(names: Mapping[str, Any] | None) -> list[str]:
    if names is None:
        return []
    lines: list[str] = []
    if names["num_matched"]:
        lines.append(
            f"  names: {names['num_matched']} of {names['num_listed']} found their file by "
            "source.match, or with slashes for backslashes"
        )
    if names["num_lost"]:
        advice = as_setting("match", names["match_advised"])
        hint = f"; source.{advice} would find more" if names["match_advised"] else ""
        lines.append(
            f"  names: {names['num_lost']} of {names['num_listed']} have no file and were set "
            f"aside{hint}"
        )
    return lines


def _shown(names: Sequence[str]) -> str:
    listed = ", ".join(names[:_NUM_SHOWN])
    return listed if len(names) <= _NUM_SHOWN else f"{listed}, …"
