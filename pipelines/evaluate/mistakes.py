"""Which pictures the served tagger gets right, and where it is most wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from components.data.examples import Example
from components.labels.states import ABSENT, UNKNOWN
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit

NUM_TAGS = 5
Verdict = Literal["right", "wrong", "missed", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownTag:
    """One tag beside a picture."""

    name: str
    probability: float
    threshold: float
    verdict: Verdict
    """``unknown`` when nobody said whether the tag is present."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownPicture:
    """One picture of the report, with what is said about it."""

    example: Example
    path: Path
    tags: tuple[ShownTag, ...]


def examples_of(
    test: TestSplit, chosen: ScoredTagger, root: Path, *, number: int, seed: int
) -> list[ShownPicture]:
    """A random sample of pictures: the tags given, and those missed."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(test.photos), min(number, len(test.photos)), replace=False))
    p, decided = chosen.probabilities, chosen.decided
    shown: list[ShownPicture] = []
    for row in rows:
        missed = test.truth[row] & ~decided[row]
        order = np.argsort(-p[row], kind="stable")
        tags = [label for label in order if decided[row, label]][:NUM_TAGS]
        tags += [label for label in order if missed[label]]
        shown.append(_picture(test, chosen, p, int(row), tags, root))
    return shown


def false_positives(
    test: TestSplit, chosen: ScoredTagger, root: Path, *, number: int
) -> list[ShownPicture]:
    """Tags given with the most confidence to pictures that are known not to have them."""
    p = chosen.probabilities
    wrong = chosen.decided & (test.states == ABSENT)
    return _worst(test, chosen, np.where(wrong, p, -np.inf), root, number)


def false_negatives(
    test: TestSplit, chosen: ScoredTagger, root: Path, *, number: int
) -> list[ShownPicture]:
    """Tags denied with the most confidence to pictures that are known to have them."""
    missed = ~chosen.decided & test.truth
    return _worst(test, chosen, np.where(missed, -chosen.probabilities, -np.inf), root, number)


def _worst(
    test: TestSplit, chosen: ScoredTagger, badness: np.ndarray, root: Path, number: int
) -> list[ShownPicture]:
    """The worst cells, at most one a picture so that one picture cannot fill the page."""
    worst_label = badness.argmax(axis=1)
    worst = badness[np.arange(len(badness)), worst_label]
    rows = [row for row in np.argsort(-worst, kind="stable")[:number] if np.isfinite(worst[row])]
    p = chosen.probabilities
    return [_picture(test, chosen, p, int(row), [int(worst_label[row])], root) for row in rows]


def _picture(
    test: TestSplit,
    chosen: ScoredTagger,
    p: np.ndarray,
    row: int,
    labels: Sequence[int],
    root: Path,
) -> ShownPicture:
    tags = tuple(
        ShownTag(
            name=test.vocabulary.names[label],
            probability=float(p[row, label]),
            threshold=float(chosen.calibration.threshold[label]),
            verdict=_verdict(test, chosen, p, row, label),
        )
        for label in labels
    )
    example = test.photos[row]
    return ShownPicture(example=example, path=root / example.path, tags=tags)


def _verdict(test: TestSplit, chosen: ScoredTagger, p: np.ndarray, row: int, label: int) -> Verdict:
    if test.states[row, label] == UNKNOWN:
        return "unknown"
    given = chosen.rule.given(p[row : row + 1])[0, label]
    if test.truth[row, label]:
        return "right" if given else "missed"
    return "wrong"
