"""How well scores rank the examples of each label, on partly known labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

EmptyClasses = Literal["skip", "zero"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAveragePrecision:
    """A mean of average precisions, with the labels that could not take part.

    Attributes:
        value: In [0, 1]; NaN when no label has a known positive and such labels
            are skipped.
        num_labels: How many labels the mean runs over.
        without_positives: Names of the labels that have no known positive.
    """

    value: float
    num_labels: int
    without_positives: tuple[str, ...]


def average_precision(
    scores: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"] | None = None,
) -> Float[np.ndarray, " labels"]:
    """Area under the precision-recall staircase of each label.

    Only the order of the scores matters, so logits and probabilities give the
    same answer. Tied scores enter together, so the order of the rows does not
    matter. Cells where ``known`` is false are left out, whatever their score.

    Args:
        scores: Higher means more likely present. Must be finite where known.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count; all of them by default.

    Returns:
        One value in (0, 1] a label; NaN for a label with no known positive.

    Raises:
        ValueError: If a known score is NaN or infinite, naming the first one.

    Example:
        >>> average_precision(np.array([[0.9], [0.1]]), np.array([[True], [False]]))
        array([1.])
    """
    positive, precision = _staircase(scores, truth, known)
    return _mean_at_positives(precision, positive)


def mean_average_precision(
    per_label: Float[np.ndarray, " labels"],
    names: Sequence[str],
    *,
    empty: EmptyClasses = "skip",
) -> MeanAveragePrecision:
    """Mean over labels of their average precision, under a stated convention.

    Args:
        per_label: Average precisions; NaN for a label with no known positive.
        names: The labels' names, in the same order.
        empty: What a label without a positive does: ``skip`` leaves it out of
            the mean, ``zero`` counts it as 0, as several published evaluation
            scripts do.

    Returns:
        The mean, the number of labels it runs over, and the empty labels.

    Raises:
        ValueError: If the lengths differ.

    Example:
        >>> values = np.array([0.5, np.nan])
        >>> mean_average_precision(values, ["cat", "dog"]).value
        0.5
        >>> mean_average_precision(values, ["cat", "dog"], empty="zero").value
        0.25
    """
    if len(names) != len(per_label):
        raise ValueError(f"{len(per_label)} values for {len(names)} names: pass one each.")
    measured = ~np.isnan(per_label)
    counted = per_label[measured] if empty == "skip" else np.nan_to_num(per_label, nan=0.0)
    return MeanAveragePrecision(
        value=float(counted.mean()) if counted.size else float("nan"),
        num_labels=int(counted.size),
        without_positives=tuple(n for n, m in zip(names, measured, strict=True) if not m),
    )


def rank_known(
    scores: Float[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
) -> tuple[Int[np.ndarray, "examples labels"], Int[np.ndarray, "examples labels"]]:
    """Order the rows of each label by falling score, unknown cells last.

    Args:
        scores: Must be finite where known.
        known: Which cells count.

    Returns:
        ``(order, end)``: the row at each rank, and for each rank the last rank
        that holds the same score. A group of tied scores enters a ranking as
        one, at the rank ``end``.

    Raises:
        ValueError: If a known score is NaN or infinite, naming the first one.
    """
    broken = known & ~np.isfinite(scores)
    if broken.any():
        row, label = np.argwhere(broken)[0]
        raise ValueError(
            f"The score of example {row}, label {label} is {scores[row, label]}: "
            "scores must be finite where the cell is known."
        )
    keys = np.where(known, -scores, np.inf)
    order = np.argsort(keys, axis=0, kind="stable")
    keys = np.take_along_axis(keys, order, axis=0)
    num_rows = len(keys)
    ranks = np.arange(num_rows)[:, None]
    is_end = np.ones(keys.shape, bool)
    is_end[:-1] = keys[:-1] != keys[1:]
    ends = np.where(is_end, ranks, num_rows)
    return order, np.minimum.accumulate(ends[::-1], axis=0)[::-1]


def _staircase(
    scores: Float[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"] | None,
) -> tuple[Bool[np.ndarray, "examples labels"], Float[np.ndarray, "examples labels"]]:
    """Known positives by rank, and the precision once each rank's tie group is in."""
    known = np.ones_like(truth) if known is None else known
    order, end = rank_known(scores, known)
    positive = np.take_along_axis(truth & known, order, axis=0)
    counted = np.take_along_axis(known, order, axis=0)
    hits = np.take_along_axis(positive.cumsum(axis=0), end, axis=0)
    seen = np.take_along_axis(counted.cumsum(axis=0), end, axis=0)
    return positive, hits / np.maximum(seen, 1)


def _mean_at_positives(
    values: Float[np.ndarray, "examples labels"],
    positive: Bool[np.ndarray, "examples labels"],
) -> Float[np.ndarray, " labels"]:
    num_positives = positive.sum(axis=0)
    total = (values * positive).sum(axis=0)
    empty = np.full(total.shape, np.nan)
    return np.divide(total, num_positives, out=empty, where=num_positives > 0)
