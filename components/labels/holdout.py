"""Which truth the hold-out can offer when settings and taggers are chosen.

Two situations are told apart. Where people have said *yes* and *no* about cells
of the hold-out, choices are scored on those cells alone (``verified``). Where
only positives were ever written down, nothing says which unknown cell is
absent; choices are then scored with unknown counted as absent (``observed``).
Figures of the second kind are lower than the truth and are good for comparing
candidates only.
"""

from typing import Literal

import numpy as np
from jaxtyping import Bool, Int8

from components.labels.states import ABSENT, PRESENT, UNKNOWN

SelectionRule = Literal["verified", "observed"]

MIN_NEGATIVES = 5
"""Known absent cells that make a label's ranking worth measuring."""

MIN_SHARE = 0.5
"""Share of the labels with a known positive that must be measurable."""


def selection_rule(
    states: Int8[np.ndarray, "examples labels"],
    *,
    min_negatives: int = MIN_NEGATIVES,
    min_share: float = MIN_SHARE,
) -> SelectionRule:
    """Decide whether the known cells alone can rank candidates.

    A label is measurable when it has a known positive and ``min_negatives``
    known negatives (or no unknown cell at all, in a small hold-out). The rule
    is ``verified`` when at least ``min_share`` of the labels that have a known
    positive are measurable.

    Args:
        states: Cell states of the hold-out rows.
        min_negatives: See above; at least 1.
        min_share: In (0, 1].

    Example:
        >>> selection_rule(np.array([[1, -1], [-1, 1]], np.int8))
        'verified'
        >>> selection_rule(np.array([[1, 0], [0, 1]], np.int8))
        'observed'
    """
    positives = (states == PRESENT).sum(axis=0)
    negatives = (states == ABSENT).sum(axis=0)
    unknown = (states == UNKNOWN).sum(axis=0)
    with_positive = positives > 0
    if not with_positive.any() or not negatives.any():
        return "observed"
    enough = (negatives >= min_negatives) | (unknown == 0)
    share = float(enough[with_positive].mean())
    return "verified" if share >= min_share else "observed"


def selection_truth(
    states: Int8[np.ndarray, "examples labels"], rule: SelectionRule
) -> tuple[Bool[np.ndarray, "examples labels"], Bool[np.ndarray, "examples labels"]]:
    """Truth and the cells that count, under a selection rule.

    Args:
        states: Cell states of the hold-out rows.
        rule: ``verified`` leaves unknown cells out; ``observed`` counts them as
            absent.

    Returns:
        ``(truth, known)``: whether the label is present, and whether the cell
        counts.

    Example:
        >>> truth, known = selection_truth(np.array([[1, 0]], np.int8), "verified")
        >>> known.tolist()
        [[True, False]]
    """
    truth = states == PRESENT
    known = states != UNKNOWN if rule == "verified" else np.ones_like(truth)
    return truth, known
