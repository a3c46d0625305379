"""From the words of captions to the labels of a vocabulary.

The table for COCO's eighty classes (``coco_words.csv``) is ours.
"""

import csv
from collections.abc import Mapping
from importlib import resources

from components.captions.tags import CaptionTags
from components.errors import InputError
from components.labels.vocabulary import Vocabulary


class ClassWords:
    """Which object names stand for which label.

    A label's own name always stands for it. A name that is not in the table is
    tried with fewer words: "double decker bus" is a bus.

    Raises:
        InputError: If one word stands for two labels, or a row names no known label.

    Example:
        >>> words = ClassWords(Vocabulary(("cat", "person")), {"person": ("man", "woman")})
        >>> words.label_of("man")
        'person'
    """

    def __init__(self, vocabulary: Vocabulary, words: Mapping[str, tuple[str, ...]]) -> None:
        """Labels may be missing from ``words``; words of other labels are refused."""
        self._labels = {name.lower().replace("_", " "): name for name in vocabulary.names}
        for label, names in words.items():
            if label not in vocabulary:
                raise InputError(
                    f"The table of words has a row for {label!r}, which is not one of the "
                    f"{len(vocabulary)} labels; correct the row or remove it."
                )
            for name in names:
                other = self._labels.setdefault(name, label)
                if other != label:
                    raise InputError(
                        f"The word {name!r} stands for {other!r} and for {label!r}; "
                        "give it to one of them."
                    )

    @property
    def phrases(self) -> frozenset[str]:
        """Names of more than one word, for the parser to keep whole."""
        return frozenset(name for name in self._labels if " " in name)

    def label_of(self, *names: str) -> str | None:
        """The label of the first of ``names`` that stands for one."""
        return next((self._labels[name] for name in names if name in self._labels), None)

    def labels_of(self, tags: CaptionTags) -> frozenset[str]:
        """The labels that a caption says are there."""
        found = (self.label_of(m.name, *m.shorter) for m in tags.objects)
        return frozenset(label for label in found if label)

    def denied_by(self, tags: CaptionTags) -> frozenset[str]:
        """The labels in the scope of a denial, less those that the caption also says are there.

        They may still be in the picture, since scopes are drawn wide: do not
        learn from them as observed negatives (docs/results/captions.md).
        """
        found = (self.label_of(m.name, *m.shorter) for m in tags.negated if m.kind == "object")
        return frozenset(label for label in found if label) - self.labels_of(tags)


def coco_class_words(vocabulary: Vocabulary) -> ClassWords:
    """Our words for COCO's classes, as far as ``vocabulary`` has them."""
    return ClassWords(vocabulary, {k: v for k, v in _coco_rows().items() if k in vocabulary})


def label_words(vocabulary: Vocabulary) -> ClassWords:
    """Labels by their own names, their synonyms, and our words for those that are classes of COCO.

    A word that is a label itself stands for that label alone; a synonym goes before our words.
    """
    own = {_as_read(name) for name in vocabulary.names}
    synonyms = {
        label: tuple(_as_read(word) for word in each.synonyms if _as_read(word) not in own)
        for label, each in vocabulary.meanings.items()
    }
    own |= {word for words in synonyms.values() for word in words}
    ours = {
        label: tuple(word for word in words if word not in own)
        for label, words in _coco_rows().items()
        if label in vocabulary
    }
    labels = {**synonyms, **ours}
    return ClassWords(
        vocabulary, {label: (*synonyms.get(label, ()), *ours.get(label, ())) for label in labels}
    )


def _as_read(name: str) -> str:
    """A name as captions are read: in lower case, with spaces."""
    return " ".join(name.lower().replace("_", " ").split())


def _coco_rows() -> dict[str, tuple[str, ...]]:
    text = resources.files("components.captions").joinpath("coco_words.csv").read_text("utf-8")
    return _rows(text)


def _rows(text: str) -> dict[str, tuple[str, ...]]:
    return {
        row["label"]: tuple(word.replace("_", " ") for word in row["words"].split())
        for row in csv.DictReader(text.splitlines())
    }
