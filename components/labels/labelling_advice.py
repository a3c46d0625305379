"""Which labelling would help most, in the order in which it is expected to.

First what makes anything measurable at all (the hold-out, then absences in it), then what can be
learnt, then what can be promised (the test split).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from components.labels.situation import Situation
from components.labels.situation_words import FEW_HOLDOUT, listed

MIN_POSITIVES = 3
"""Present training cells below which a label is hardly learnt."""
WORTH_TRAINING = 50
"""Labelled photographs from which training was better than none (docs/results/no-labels.md)."""


@dataclass(frozen=True, slots=True)
class LabellingAdvice:
    """One piece of labelling, and what it is good for."""

    what: str
    why: str
    split: str
    labels: tuple[str, ...] = ()
    """Of which to say yes or no; empty for all."""


def labelling_advice(situation: Situation) -> list[LabellingAdvice]:
    """What to label next, most useful first; empty where nothing is short."""
    return list(_advice(situation))


def _advice(situation: Situation) -> Iterator[LabellingAdvice]:
    train, holdout, test = (situation.splits[name] for name in ("train", "val", "test"))
    if (short := min(FEW_HOLDOUT, holdout.num_photos) - holdout.num_labelled) > 0:
        yield LabellingAdvice(
            f"label {short} more hold-out photographs ({holdout.num_labelled} are, {FEW_HOLDOUT} "
            "would do)",
            "settings, method and probabilities are chosen by them",
            "val",
        )
    elif holdout.num_photos < FEW_HOLDOUT:
        yield LabellingAdvice(
            f"the hold-out has {holdout.num_photos} photographs; add photographs, or raise "
            "splits.val in params.yaml",
            f"settings, method and probabilities are chosen by them, and {FEW_HOLDOUT} would do",
            "val",
        )
    silent = _most_first(situation, (holdout.absent == 0) & (holdout.present > 0))
    if silent:
        yield LabellingAdvice(
            f"label some absences of these labels in the hold-out: {listed(silent)}",
            "without a no, the hold-out cannot tell a right tag from a wrong one",
            "val",
            silent,
        )
    if train.num_labelled == 0:
        wanted = min(WORTH_TRAINING, train.num_photos)
        yield LabellingAdvice(
            f"label {wanted} training photographs, chosen at random",
            "from about 50 on, training is better than the names alone",
            "train",
        )
    else:
        rare = train.present < MIN_POSITIVES
        if scarce := _most_first(situation, rare):
            yield LabellingAdvice(
                f"find photographs of these labels, which have fewer than {MIN_POSITIVES} "
                f"positives: {listed(scarce)}",
                "nothing of what they look like in your pictures can be learnt",
                "train",
                scarce,
            )
    if (short := min(FEW_HOLDOUT, test.num_photos) - test.num_labelled) > 0:
        yield LabellingAdvice(
            f"label {short} more test photographs ({test.num_labelled} are)",
            "figures hold for the labelled ones alone, and intervals are wide with few",
            "test",
        )


def _most_first(situation: Situation, mask: Bool[np.ndarray, " labels"]) -> tuple[str, ...]:
    """The labels chosen, those with the most positives first."""
    total = np.sum([each.present for each in situation.splits.values()], axis=0)
    order = np.argsort(-total, kind="stable")
    return tuple(situation.names[column] for column in order if mask[column])
