"""One labeler or policy under protocol ``proposals``: what it finds, and how surely.

Half of the images is labelled and nothing is known of the other; each half is measured
with what the other teaches. Images of three labels or more count.
"""

from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float32

from bench.cell_figures import DRAW_SEED, NUM_DRAWS, CellFigures
from bench.proposals.candidates import SOFTMAX, candidates
from bench.proposals.cross_fit import SELECTED, Accepted, Ranked, rank
from bench.proposals.protocols import halves, known_states
from bench.proposals.ranking import RECALLS, Ranking
from bench.proposals.selection import THETAS
from bench.proposals.world import ProposalWorld, proposal_world
from bench.rows import Cell
from bench.world import World
from components.labels.hiding import mask_hash
from components.labels.matrix import LabelMatrix
from components.metrics.bootstrap import draw_images

LABELERS = (
    SOFTMAX,
    "platt",
    "f_beta",
    "quantile",
    "cap",
    "plain_logistic",
    "prototype:20",
    "evidence",
    "evidence_context",
    "evidence_f_beta",
    "evidence_cap",
    SELECTED,
)
"""What is compared; further settings only take part in the choice of the last."""
FIGURE = "recall_at_equal_precision"

Figures = dict[str, Float32[np.ndarray, " draws"]]


def measure_proposals(
    cell: Cell, world: World
) -> tuple[dict[str, Any], CellFigures, dict[str, np.ndarray]]:
    """Figures of one labeler; the seed draws the halves.

    recall_at_equal_precision: the highest recall at the precision that ``softmax > 0.3``
    has (``…_0.2``: that ``softmax > 0.2`` has). recall_gain: that, less what the softmax
    itself reaches there. precision, recall: of what is proposed at a threshold that folds
    of the labelled half set to the softmax's precision; of the softmax at 0.3.

    Raises:
        InputError: If the world has no label statistics of other images.
    """
    given = proposal_world(world)
    ranked = _ranked(given, cell)
    drawn = _figures(ranked, cell.method)
    draws = {name: each[1:].astype(np.float32) for name, each in drawn.items()}
    metrics = {name: float(each[0]) for name, each in drawn.items()}
    values: dict[str, Any] = {
        "mask_hash": _mask_hash(world, given, cell.seed),
        "settings": {"chosen": list(ranked.chosen)} if cell.method == SELECTED else {},
    }
    curve = ranked.rankings[cell.method].precision_over(RECALLS)
    return (
        values,
        CellFigures(metrics=metrics, draws=draws),
        {"precision": curve.astype(np.float32)},
    )


def _ranked(world: ProposalWorld, cell: Cell) -> Ranked:
    found = candidates(observed=False, negatives=True)
    if cell.method != SELECTED:
        found = {name: found[name] for name in dict.fromkeys((SOFTMAX, cell.method))}
    return rank(world, "labelled_half", found, seed=cell.seed, deciding=cell.method)


def _figures(ranked: Ranked, method: str) -> Figures:
    """Each on the images as they are, then in every draw."""
    own, softmax = ranked.rankings[method], ranked.rankings[SOFTMAX]
    weights = _weights(len(own.positives))
    figures: Figures = {}
    for theta in THETAS:
        suffix = "" if theta == THETAS[0] else f"_{theta}"
        recall = own.recall_at(_precision(softmax, theta), weights)
        rival = softmax.recall_at(_precision(softmax, theta), weights)
        figures[f"{FIGURE}{suffix}"] = recall
        figures[f"recall_gain{suffix}"] = recall - rival
    assert ranked.accepted is not None
    return figures | _accepted(ranked.accepted, weights)


def _precision(softmax: Ranking, theta: float) -> Float32[np.ndarray, " draws"]:
    return softmax.at_threshold(theta, _weights(len(softmax.positives)))[0]


def _accepted(accepted: Accepted, weights: np.ndarray) -> Figures:
    right, proposed, positives = (
        weights @ each for each in (accepted.right, accepted.proposed, accepted.positives)
    )
    # Who proposes nothing has no precision.
    precision = np.divide(right, proposed, out=np.full_like(right, np.nan), where=proposed > 0)
    return {"precision": precision, "recall": right / np.maximum(positives, 1)}


@cache
def _weights(num_images: int) -> Float32[np.ndarray, "draws images"]:
    """The images once each, then drawn with replacement; the same for all labelers."""
    drawn = draw_images(num_images, NUM_DRAWS, seed=DRAW_SEED)
    return np.concatenate([np.ones((1, num_images), np.float32), drawn])


def _mask_hash(world: World, given: ProposalWorld, seed: int) -> str:
    """Of the cells known in the first half; the second knows the others."""
    labelled, _ = halves(len(given.truth), seed=seed)
    states = known_states(given.truth, labelled, "labelled_half", seed=seed)
    return mask_hash(LabelMatrix(given.ids, world.vocabulary, states))
