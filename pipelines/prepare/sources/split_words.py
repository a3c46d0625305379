"""The words that sources use for the three splits."""

from components.data.examples import Split

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
