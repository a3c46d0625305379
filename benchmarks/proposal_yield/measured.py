"""One draw of hidden labels: what is found by probability, by truth, and by VLPL's labeler."""

from dataclasses import dataclass

import numpy as np

from benchmarks.proposal_yield.proposing import RECIPES, proposed, vlpl_scores, vlpl_threshold
from benchmarks.proposal_yield.yields import Chosen, Yield, taken, yields
from components.labels.states import UNKNOWN
from components.training.settings import Schedule
from components.training.task import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Draw:
    """A task whose training images' truth is known to us."""

    task: Task
    truth: np.ndarray
    ids: tuple[str, ...]
    holdout_ids: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What is found in the unknown cells of one draw."""

    ours: Yield
    vlpl: Chosen
    """The better of its labelers at the precision asked for, the threshold set by the truth."""
    published: Chosen
    """Its softmax at the threshold of the paper, at whatever precision that has."""
    calibrated: bool
    method: str
    scorers: int
    reading_evidence: int


def measured(
    draw: Draw, schedule: Schedule, *, seed: int, recipes: tuple[str, ...] = RECIPES
) -> Measured:
    """Propose, and count."""
    unknown = draw.task.states == UNKNOWN
    truth = draw.truth[unknown]
    found = proposed(
        draw.task,
        schedule,
        draw.ids,
        draw.holdout_ids,
        draw.labels,
        seed=seed,
        recipes=recipes,
    )
    softmax, scaled = vlpl_scores(draw.task)
    rivals = [
        yields(each[unknown], truth).by_truth for each in (softmax, scaled) if each is not None
    ]
    return Measured(
        ours=yields(found.probabilities[unknown], truth),
        vlpl=max(rivals, key=lambda each: each.right),
        published=taken(softmax[unknown] > vlpl_threshold(), truth),
        calibrated=found.calibrated,
        method=found.method,
        scorers=found.scorers,
        reading_evidence=found.reading_evidence,
    )
