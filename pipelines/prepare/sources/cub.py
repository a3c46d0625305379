"""CUB-200-2011: 312 attributes of each bird, one line an image and attribute.

    images.txt                              1 001.Black_footed_Albatross/….jpg
    train_test_split.txt                    1 0     (1 is training)
    attributes/attributes.txt               1 has_bill_shape::curved_(up_or_down)
    attributes/image_attribute_labels.txt   image attribute present certainty seconds

The archive puts attributes.txt beside the folder CUB_200_2011; both places do.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import require_folder
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.text_files import read_text
from project.settings.source import SourceSettings

LABELS = "attributes/image_attribute_labels.txt"
_ATTRIBUTES = ("attributes/attributes.txt", "attributes.txt", "../attributes.txt")
_NUM_COLUMNS = 5


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read images in the order of images.txt, with every attribute present or absent.

    How certain the annotator was is not used, as in the released code of Cole et
    al.: an attribute "not visible" counts as absent. Lines with more columns than
    five, which the published file has, are read by their first three. A line
    that is none is set aside, and a cell that no line tells stays unknown.
    """
    if source.annotations is None:
        raise InputError(
            "A cub source needs source.annotations: the folder CUB_200_2011, with images.txt."
        )
    folder = root / source.annotations
    require_folder(folder, "source.annotations")
    collector = RecordCollector(source.images, source.annotations)
    images = dict(_numbered(folder / "images.txt", collector))
    training = dict(_numbered(folder / "train_test_split.txt", collector))
    attributes = dict(_numbered(_attributes_file(folder), collector))
    names = readable_names(list(attributes.values()))
    rows = {number: row for row, number in enumerate(images)}
    columns = {number: column for column, number in enumerate(attributes)}
    states = _states(folder / LABELS, rows, columns, collector)
    for number, image in images.items():
        told = states[rows[number]]
        split = {"1": "train", "0": "test"}.get(training.get(number, ""))
        if split is None:
            collector.fault(
                SourceReason.BAD_ROW,
                f"train_test_split.txt does not say 0 or 1 of image {number}; it was left out",
                path=image,
            )
            continue
        collector.add(
            image=image,
            where=f"images.txt, image {number},",
            cells={names[c]: int(told[c]) for c in np.flatnonzero(told != ABSENT)},
            rest=ABSENT,
            split="train" if split == "train" else "test",
        )
    return collector.finish(names, declared=True)


def readable_names(attributes: list[str]) -> list[str]:
    """Attributes as words: ``has_bill_shape::hooked_seabird`` is ``bill shape: hooked seabird``.

    Left as they are where two would then be the same.
    """
    tidy = [name.removeprefix("has_").replace("::", ": ").replace("_", " ") for name in attributes]
    return tidy if len(set(tidy)) == len(tidy) else attributes


def _numbered(path: Path, collector: RecordCollector) -> Iterator[tuple[str, str]]:
    """Lines of a number and a word, as written; others are set aside."""
    seen: set[str] = set()
    for position, line in enumerate(read_text(path).splitlines(), start=1):
        number, _, rest = line.strip().partition(" ")
        word = rest.strip()
        if not number:
            continue
        if not number.isdecimal() or not word or number in seen:
            why = "gives a number again" if number in seen else "is not a number and a word"
            collector.fault(
                SourceReason.BAD_ROW, f"line {position} {why}: {line[:60]!r}", path=path.name
            )
            continue
        seen.add(number)
        yield number, word


def _states(
    path: Path, rows: dict[str, int], columns: dict[str, int], collector: RecordCollector
) -> np.ndarray:
    states = np.zeros((len(rows), len(columns)), dtype=np.int8)
    signs = {"1": PRESENT, "0": ABSENT}
    num_long, num_strangers = 0, 0
    for position, line in enumerate(read_text(path).splitlines(), start=1):
        fields = line.split()
        sign = signs.get(fields[2]) if len(fields) > 2 else None
        if sign is None:
            if fields:
                _bad(collector, path, position, "is not an image, an attribute and 0 or 1", line)
            continue
        row, column = rows.get(fields[0]), columns.get(fields[1])
        if row is None or column is None:
            num_strangers += 1
            continue
        num_long += len(fields) > _NUM_COLUMNS
        if states[row, column] not in (UNKNOWN, sign):
            _bad(collector, path, position, "contradicts an earlier line; the first counts", line)
            continue
        states[row, column] = sign
    if num_strangers:
        collector.fault(
            SourceReason.UNKNOWN_IMAGE,
            f"{num_strangers} line(s) are of images or attributes that no list names",
            path=path.name,
        )
    if num_long:
        collector.notes.append(
            f"{num_long} line(s) of {path.name} have more than {_NUM_COLUMNS} columns; "
            "the first three of them count, as in the released code."
        )
    num_untold = int((states == UNKNOWN).sum())
    if num_untold:
        collector.notes.append(f"{num_untold} cell(s) have no line and stay unknown.")
    return states


def _bad(collector: RecordCollector, path: Path, position: int, why: str, line: str) -> None:
    detail = f"line {position} {why}: {line[:60]!r}"
    collector.fault(SourceReason.BAD_ROW, detail, path=path.name)


def _attributes_file(folder: Path) -> Path:
    for place in _ATTRIBUTES:
        if (folder / place).is_file():
            return folder / place
    raise InputError(
        f"CUB's attributes.txt is not in {folder}: none of {', '.join(_ATTRIBUTES)} is there. "
        "Unpack CUB_200_2011.tgz whole; attributes.txt lies beside the folder CUB_200_2011."
    )
