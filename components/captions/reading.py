"""From the captions of images to states of labels and to tags.

A label counts as present where a parsed caption names it; nothing is ever known to be
absent. What is learnt beside the labels, objects of other names and attributes, is kept
as tags.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int8

from components.captions.class_words import ClassWords
from components.captions.tag_matrix import TagMatrix, tag_matrix
from components.captions.tag_vocabulary import TagLimits, build_tag_vocabulary
from components.captions.tags import CaptionParser, CaptionTags, Kind
from components.errors import InputError
from components.labels.states import PRESENT
from components.labels.vocabulary import Vocabulary

PROMPT = "a photo of a {name}"
ATTRIBUTE_PROMPT = "a photo of something {name}"
LIMITS = TagLimits(max_tags=2_000, min_count=3)

Parses = Sequence[Sequence[CaptionTags]]
"""By image, those of its captions."""


Told = Callable[[Sequence[Sequence[str]]], Iterable[Sequence[str]]]
"""Passes the captions of image after image on, and may show how far it is."""


def parse_captions(
    parser: CaptionParser, captions: Sequence[Sequence[str]], told: Told = iter
) -> Parses:
    """Read the captions of each image."""
    stream = parser.parse_all(text for texts in captions for text in texts)
    return [[next(stream) for _ in texts] for texts in told(captions)]


def said_states(
    parses: Parses, words: ClassWords, vocabulary: Vocabulary
) -> Int8[np.ndarray, "images labels"]:
    """Present where a caption names the label, else unknown."""
    states = np.zeros((len(parses), len(vocabulary)), np.int8)
    for row, captions in enumerate(parses):
        for tags in captions:
            for label in words.labels_of(tags):
                states[row, vocabulary.index(label)] = PRESENT
    return states


def frequent_tags(
    parses: Parses, kind: Kind, limits: TagLimits = LIMITS
) -> tuple[tuple[str, ...], TagMatrix]:
    """The tags of one kind and which image has which; no column where none is frequent."""
    flat = [tags for captions in parses for tags in captions]
    try:
        vocabulary = build_tag_vocabulary(flat, kind, limits)
    except InputError:  # all are rarer than the limit
        nothing = np.zeros(0, np.int64)
        return (), TagMatrix.of_pairs(nothing, nothing, num_rows=len(parses), num_tags=0)
    return vocabulary.names, tag_matrix(parses, vocabulary)


@dataclass(frozen=True, kw_only=True, slots=True)
class Legibility:
    """How many captions could be read, and why others could not."""

    num_captions: int
    unread: Counter[str]
    """By reason, a machine word."""
    first: str
    """What is said about the first one that could not be read; empty where there is none."""

    @property
    def num_unread(self) -> int:
        return self.unread.total()

    def require_some(self) -> None:
        """Refuse captions of which none can be read.

        Raises:
            InputError: With the reason of the first.
        """
        if self.num_captions and self.num_unread == self.num_captions:
            raise InputError(
                f"None of the {self.num_captions} captions can be read. The first: {self.first}"
            )


def legibility(parses: Parses) -> Legibility:
    """Count what could not be read; a caption that was cut counts as read."""
    flat = [tags for captions in parses for tags in captions]
    faults = [tags.fault for tags in flat if tags.fault and tags.fault.reason != "cut"]
    return Legibility(
        num_captions=len(flat),
        unread=Counter(str(fault.reason) for fault in faults),
        first=faults[0].detail if faults else "",
    )
