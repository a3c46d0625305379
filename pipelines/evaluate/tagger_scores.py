"""The test split, and what every tagger says about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Int8

from components.calibration.calibration import Calibration
from components.calibration.tag_rule import TagRule
from components.data.examples import Example
from components.errors import ArtefactError
from components.labels.holdout import SelectionRule, selection_rule, selection_truth
from components.labels.states import ABSENT, PRESENT
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.metrics.ranking import average_precision
from project.layout import Layout
from project.taggers import (
    TaggerFile,
    embedded_photos,
    found_taggers,
    load_tagger,
    split_logits,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TestSplit:
    """The photographs that figures are computed on.

    Attributes:
        photos: By id.
        vocabulary: The labels, in column order.
        rule: ``verified`` when known cells alone are scored, ``observed`` when
            unknown cells have to count as absent.
        states: What is known of each cell, whatever the rule.
        truth: Whether the label is known to be present.
        known: Which cells count under the rule; none where no label is known to be present.
    """

    __test__ = False  # or pytest takes it for a set of tests

    photos: tuple[Example, ...]
    vocabulary: Vocabulary
    rule: SelectionRule
    states: Int8[np.ndarray, "examples labels"]
    truth: Bool[np.ndarray, "examples labels"]
    known: Bool[np.ndarray, "examples labels"]

    @property
    def can_measure(self) -> bool:
        """Whether there is a figure at all."""
        return bool(self.known.any())

    @property
    def positives(self) -> Int[np.ndarray, " labels"]:
        """Known positives of each label."""
        return (self.states == PRESENT).sum(axis=0)

    @property
    def negatives(self) -> Int[np.ndarray, " labels"]:
        """Known negatives of each label."""
        return (self.states == ABSENT).sum(axis=0)

    def names_where(self, mask: np.ndarray) -> list[str]:
        """The labels whose entry of ``mask`` is true."""
        return [name for name, chosen in zip(self.vocabulary.names, mask, strict=True) if chosen]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredTagger:
    """One tagger on the test split."""

    file: TaggerFile
    mode: str
    """``cached`` or ``end-to-end``."""
    rule: TagRule
    logits: Float[np.ndarray, "examples labels"]
    average_precision: Float[np.ndarray, " labels"]
    """Of each label; NaN where it has no known positive."""

    @property
    def calibration(self) -> Calibration:
        """Of the rule."""
        return self.rule.calibration

    @property
    def probabilities(self) -> Float[np.ndarray, "examples labels"]:
        """Calibrated on the hold-out."""
        return self.rule.probabilities(self.logits)

    @property
    def decided(self) -> Bool[np.ndarray, "examples labels"]:
        """The tags that it gives, at thresholds fitted to the hold-out."""
        return self.rule.given(self.probabilities)


def score_all(layout: Layout) -> tuple[TestSplit, str, list[ScoredTagger]]:
    """Run every tagger on the test split.

    Returns:
        The split, the id of the encoder, and one entry a tagger.

    Raises:
        ArtefactError: If a tagger has no calibration.
    """
    vocabulary = Vocabulary.load(layout.vocabulary)
    files = found_taggers(layout)
    taggers = [load_tagger(file, vocabulary) for file in files]
    encoder_id = taggers[0].project_encoder_id
    test = _test_split(embedded_photos(layout, "test", encoder_id), vocabulary, layout)
    scored: list[ScoredTagger] = []
    for file, tagger in zip(files, taggers, strict=True):
        logits = split_logits(tagger, test.photos, layout)
        scored.append(
            ScoredTagger(
                file=file,
                mode=tagger.mode,
                rule=TagRule(_calibration(file, vocabulary, layout), vocabulary),
                logits=logits,
                average_precision=average_precision(logits, test.truth, test.known),
            )
        )
    return test, encoder_id, scored


def _test_split(photos: Sequence[Example], vocabulary: Vocabulary, layout: Layout) -> TestSplit:
    states = read_matrix(layout.labels, [photo.id for photo in photos], vocabulary).states
    rule = selection_rule(states)
    truth, known = selection_truth(states, rule)
    if not truth.any():
        # Counting the unknown as absent compares taggers, and here there is nothing to compare by.
        known = np.zeros_like(truth)
    return TestSplit(
        photos=tuple(photos),
        vocabulary=vocabulary,
        rule=rule,
        states=states,
        truth=truth,
        known=known,
    )


def _calibration(file: TaggerFile, vocabulary: Vocabulary, layout: Layout) -> Calibration:
    path = layout.calibration(file.recipe, file.seed)
    calibration = Calibration.load(path)
    if calibration.names != vocabulary.names:
        raise ArtefactError(f"{path} is for other labels; run `efuda run calibrate`.")
    return calibration
