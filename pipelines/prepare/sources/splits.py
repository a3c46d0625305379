"""How sources name the three splits: by a word, or by files that list the images of each."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from components.data.examples import Split
from components.data.quarantine_reasons import SourceReason
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.text_files import read_text

SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


def split_of(word: object) -> Split | None:
    """The split that ``word`` means; None if it means none."""
    return SPLIT_WORDS.get(str(word).strip().lower()) if word is not None else None


def split_of_folder(image: str) -> Split | None:
    """The split that the first folder of an image means: ``train/a.jpg``, ``val2017/b.jpg``."""
    return split_of(PurePosixPath(image).parts[0].rstrip("0123456789"))


def read_split_lists(
    files: Mapping[Split, str], root: Path, collector: RecordCollector
) -> dict[str, Split]:
    """The split of each image, by name without suffix, in the order of the files.

    Only the first word of a line is read, so that VOC's lists of one class
    (``2008_000008 -1``) do as well. A name in a second split keeps its first.

    Raises:
        InputError: If a file is missing or empty.
    """
    splits: dict[str, Split] = {}
    for split, place in files.items():
        for position, line in enumerate(read_text(root / place).splitlines(), start=1):
            words = line.split()
            if not words:
                continue
            stem = Path(words[0].replace("\\", "/")).stem
            if splits.setdefault(stem, split) != split:
                collector.fault(
                    SourceReason.DUPLICATE_ID,
                    f"line {position} names {stem}, which {splits[stem]} has; it stays there",
                    path=place,
                    example_id=stem,
                )
    return splits
