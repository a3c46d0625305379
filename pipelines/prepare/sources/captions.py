"""Captions that lie in a file of their own, beside any kind of labels."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.data.examples import Quarantined
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.jsonl import captions_of, json_rows
from pipelines.prepare.sources.name_advice import find_rules
from pipelines.prepare.sources.name_rules import place_names
from pipelines.prepare.sources.paths import within_root
from pipelines.prepare.sources.records import SourceRecord
from pipelines.prepare.sources.table_columns import as_setting
from pipelines.prepare.sources.text_files import printable, read_json_file
from project.settings.source import SourceSettings


def add_captions(
    source: SourceSettings, root: Path, records: Sequence[SourceRecord]
) -> tuple[list[SourceRecord], list[Quarantined]]:
    """Join ``source.captions`` (COCO captions JSON, or JSON lines) by image path.

    COCO captions that list no file names are joined by image id. Captions of
    images that are not in the set are left out, which one row records.
    """
    if source.captions is None:
        return list(records), []
    path = root / source.captions
    collector = RecordCollector(source.images, source.captions)
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        by_image: dict[str, list[str]] = defaultdict(list)
        for _, row in json_rows(path, collector):
            by_image[row["image"]].extend(captions_of(row))
    else:
        by_image = _coco(path, {record.id: record.image for record in records}, collector)
    tidy: dict[str, list[str]] = defaultdict(list)
    for image, texts in by_image.items():
        tidy[within_root(source.images, image) or image].extend(texts)
    images = [record.image for record in records]
    tidy, lost = _placed(tidy, images, source)
    joined = [
        replace(record, captions=(*record.captions, *map(printable, tidy.get(record.image, ()))))
        for record in records
    ]
    if lost:
        collector.fault(
            SourceReason.UNKNOWN_IMAGE,
            f"captions of {len(lost)} image(s) that are not in the set were left out, "
            f"{min(lost)} first",
        )
    return joined, collector.faults


def _placed(
    by_name: dict[str, list[str]], images: Sequence[str], source: SourceSettings
) -> tuple[dict[str, list[str]], list[str]]:
    """Captions by image, and the names that are none of the set's.

    Raises:
        InputError: If a rule of ``source.match`` would find images for most of many lost names.
            Others may be left out on purpose: a file of captions is often of more images.
    """
    there = set(images)
    placed = {name: texts for name, texts in by_name.items() if name in there}
    open_names = [name for name in by_name if name not in there]
    found = place_names(open_names, images, source.match, placed)
    placed |= {image: by_name[name] for name, image in found.places.items()}
    lost = [name for name in open_names if name not in found.places]
    if len(lost) > source.max_missing_share * len(by_name):
        advice = find_rules(open_names, images, source.match, placed)
        if advice and 2 * len(advice.placement.places) > len(lost):
            name, image = next(iter(advice.placement.places.items()))
            raise InputError(
                f"{source.captions} has captions of {len(by_name)} images, and {len(lost)} of these "
                f"names are none of the set's.\n  written: {name}\n  in the set: {image}\n"
                f"Under `source` in params.yaml set\n  "
                f"{as_setting('match', list(advice.rules))}\n"
                f"and {len(advice.placement.places)} of them fit exactly one image each."
            )
    return placed, lost


def _coco(
    path: Path, image_of_id: dict[str, str], collector: RecordCollector
) -> dict[str, list[str]]:
    content: Any = read_json_file(path)
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(annotations, list):
        raise InputError(
            f"{path} is not a COCO captions file: it needs an object with a list 'annotations'. "
            "For one JSON object a line, name the file .jsonl."
        )
    listed = {
        str(image["id"]): image["file_name"]
        for image in content.get("images") or []
        if isinstance(image, dict) and "id" in image and isinstance(image.get("file_name"), str)
    }
    by_image: dict[str, list[str]] = defaultdict(list)
    for position, row in enumerate(annotations):
        text = row.get("caption") if isinstance(row, dict) else None
        if not isinstance(text, str) or "image_id" not in row:
            collector.fault(SourceReason.BAD_ROW, f"annotations[{position}] is not a caption")
            continue
        image_id = str(row["image_id"])
        image = listed.get(image_id) or image_of_id.get(image_id) or f"(id {image_id})"
        if text.strip():
            by_image[image].append(" ".join(text.split()))
    return by_image
