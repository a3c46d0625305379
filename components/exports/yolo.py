"""YOLO text files, one an image; the user's own lines are kept where there are any.

A class of which a file has no line is absent to YOLO. Where some cell is unknown,
``data.yaml`` says ``exhaustive: false``, which Efuda reads: silence is unknown then, and
absences are lost to it.
"""

from pathlib import Path

import yaml

from components.exports.label_export import LabelExport, Written
from components.labels.states import ABSENT, PRESENT

FOLDER = "labels"
NAMES = "data.yaml"
_WHOLE = "0.5 0.5 1 1"


def write(export: LabelExport, out: Path) -> Written:
    """Write ``labels`` and ``data.yaml``."""
    own_names = export.own.names if export.own else ()
    names = (*own_names, *(label for label in export.labels if label not in own_names))
    numbers = {label: names.index(label) for label in export.labels}
    taken: set[str] = set()
    num_whole = num_shared = 0
    (out / FOLDER).mkdir(parents=True)
    for row, image in enumerate(export.images):
        if not export.states[row].any():
            continue  # nobody said anything: it has no file
        if image.stem in taken:
            num_shared += 1
            continue
        taken.add(image.stem)
        lines = _own_lines(export, row, names)
        said = {int(line.split()[0]) for line in lines}
        missing = [numbers[name] for name in export.present(row) if numbers[name] not in said]
        num_whole += len(missing)
        lines += [f"{number} {_WHOLE}" for number in missing]
        path = out / FOLDER / f"{image.stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    described: dict[str, object] = {"names": dict(enumerate(names))}
    if export.num_unknown:
        described["exhaustive"] = False
    text = yaml.safe_dump(described, sort_keys=False, allow_unicode=True)
    (out / NAMES).write_text(text, encoding="utf-8")
    return Written(FOLDER, _notes(export, num_whole, num_shared))


def _notes(export: LabelExport, num_whole: int, num_shared: int) -> tuple[str, ...]:
    notes: list[str] = []
    if num_whole:
        notes.append(f"{num_whole:,} labels have no box: theirs covers the whole picture.")
    if num_shared:
        notes.append(
            f"{num_shared:,} images share their name but for the suffix with another, and YOLO has "
            "one label file for both: they were left out, and are in the provenance alone."
        )
    if export.num_unknown:
        num_absent = int((export.states == ABSENT).sum())
        notes.append(
            f"{export.num_unknown:,} cells are unknown, which YOLO cannot say. {NAMES} says "
            f"exhaustive: false, so to Efuda silence is unknown, also for the {num_absent:,} cells "
            "known to be absent; a tool that does not read it takes silence for absence."
        )
    return tuple(notes)


def _own_lines(export: LabelExport, row: int, names: tuple[str, ...]) -> list[str]:
    """The source's lines for an image, less those of labels that are not present."""
    if export.own is None:
        return []
    path = export.own.paths[0] / f"{export.images[row].stem}.txt"
    if not path.is_file():
        return []
    states = dict(zip(export.labels, export.states[row], strict=True))
    kept: list[str] = []
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        number = line.split(maxsplit=1)[0] if line.strip() else ""
        is_ours = number.isdecimal() and int(number) < len(names)
        if is_ours and states.get(names[int(number)], PRESENT) == PRESENT:
            kept.append(line)
    return kept
