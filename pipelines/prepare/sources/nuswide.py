r"""NUS-WIDE as its makers publish it: lists of images, one file of 0 and 1 a concept and split.

    ImageList/TrainImagelist.txt, TestImagelist.txt     one image a line: actor\0001_2124494179.jpg
    Groundtruth/TrainTestLabels/Labels_<concept>_Train.txt, …_Test.txt     one 0 or 1 a line
    Concepts81.txt                                      the concepts, in order

``TrainTestLabels`` may lie at the root, and ``Concepts81.txt`` in ``ConceptsList``, as
in some copies.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from components.data.examples import Split
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.paths import require_folder
from pipelines.prepare.sources.records import SourceRecords
from pipelines.prepare.sources.text_files import read_text
from project.settings.source import SourceSettings

PARTS: tuple[tuple[Split, str], ...] = (("train", "Train"), ("test", "Test"))
_LISTS = ("ImageList", "ImageLists", ".")
_LABELS = ("Groundtruth/TrainTestLabels", "TrainTestLabels", "GroundTruth/TrainTestLabels")
_CONCEPTS = ("Concepts81.txt", "ConceptsList/Concepts81.txt", "Groundtruth/Concepts81.txt")


def read(source: SourceSettings, root: Path) -> SourceRecords:
    """Read the official lists; every concept is present or absent in every image.

    Images keep the order of the lists. A line that names no image, and a label
    that is neither 0 nor 1, are set aside.

    Raises:
        InputError: If a file is missing, or a file of labels and its list differ
            in length: nothing then says which line is which image.
    """
    if source.annotations is None:
        raise InputError(
            "A nuswide source needs source.annotations: the folder with ImageList and Groundtruth."
        )
    folder = root / source.annotations
    require_folder(folder, "source.annotations")
    collector = RecordCollector(source.images, source.annotations)
    concepts = _concepts(folder)
    for split, word in PARTS:
        listing = _one_of(folder, [f"{place}/{word}Imagelist.txt" for place in _LISTS])
        images = [line.strip() for line in _lines(listing)]
        states = np.empty((len(images), len(concepts)), dtype=np.int8)
        for column, concept in enumerate(concepts):
            states[:, column] = _column(folder, concept, word, listing, len(images), collector)
        _add(collector, images, states, concepts, split, listing)
    return collector.finish(concepts, declared=True)


def _add(
    collector: RecordCollector,
    images: Sequence[str],
    states: np.ndarray,
    concepts: Sequence[str],
    split: Split,
    listing: Path,
) -> None:
    for row, image in enumerate(images):
        where = f"{listing.name}, line {row + 1},"
        if not image:
            collector.fault(SourceReason.BAD_ROW, f"{where} names no image")
            continue
        told = np.flatnonzero(states[row] != ABSENT)
        collector.add(
            image=image.replace("\\", "/"),
            where=where,
            cells={concepts[column]: int(states[row, column]) for column in told.tolist()},
            rest=ABSENT,
            split=split,
        )


def _column(
    folder: Path,
    concept: str,
    word: str,
    listing: Path,
    num_images: int,
    collector: RecordCollector,
) -> np.ndarray:
    name = f"Labels_{concept}_{word}.txt"
    path = _one_of(folder, [f"{place}/{name}" for place in _LABELS])
    written = np.char.strip(np.array(_lines(path), dtype=str))
    if len(written) != num_images:
        raise InputError(
            f"{path} has {len(written)} lines but {listing.name} names {num_images} images, so "
            "nothing says which line is which image. Both must come from one copy of the data set: "
            "unpack the ground truth and the image lists again."
        )
    states = np.select([written == "1", written == "0"], [PRESENT, ABSENT], UNKNOWN).astype(np.int8)
    strange = np.flatnonzero(states == UNKNOWN)
    if len(strange):
        first = int(strange[0])
        collector.fault(
            SourceReason.BAD_ROW,
            f"line {first + 1} is {str(written[first])!r}, neither 0 nor 1; "
            f"{len(strange)} cell(s) of {concept!r} stay unknown",
            path=path.relative_to(folder).as_posix(),
        )
    return states


def _concepts(folder: Path) -> list[str]:
    path = _one_of(folder, _CONCEPTS)
    concepts = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if len(set(concepts)) != len(concepts):
        raise InputError(f"{path} names a concept twice; copy the file again.")
    return concepts


def _lines(path: Path) -> list[str]:
    """All lines; empty ones at the end are none."""
    return read_text(path).rstrip().splitlines()


def _one_of(folder: Path, places: Sequence[str]) -> Path:
    for place in places:
        if (folder / place).is_file():
            return folder / place
    raise InputError(
        f"NUS-WIDE's {Path(places[0]).name} is not in {folder}: none of "
        f"{', '.join(dict.fromkeys(places))} is there. source.annotations must name the folder "
        "that holds ImageList, Groundtruth and Concepts81.txt."
    )
