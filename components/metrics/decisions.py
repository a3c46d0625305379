"""Precision, recall and F1 of yes/no decisions, on partly known labels."""

import numpy as np
from jaxtyping import Bool, Float, Shaped
from numpy.typing import ArrayLike


def f_beta_at(
    decided: Bool[np.ndarray, "examples labels"],
    truth: Bool[np.ndarray, "examples labels"],
    known: Bool[np.ndarray, "examples labels"],
    *,
    beta: float = 1.0,
) -> Float[np.ndarray, " labels"]:
    """F-beta of each label's decisions; NaN for a label with no known positive.

    Args:
        decided: Whether the tag is given.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        beta: How much recall weighs against precision.
    """
    hits = (decided & truth & known).sum(axis=0)
    chosen = (decided & known).sum(axis=0)
    positives = (truth & known).sum(axis=0)
    value = _ratio((1 + beta**2) * hits, chosen + beta**2 * positives, empty=0.0)
    return np.where(positives > 0, value, np.nan)


def class_f1(
    hits: Shaped[np.ndarray, "*draws labels"],
    chosen: Shaped[np.ndarray, "*draws labels"],
    positives: Shaped[np.ndarray, "*draws labels"],
) -> Float[np.ndarray, "*draws"]:
    """CF1: harmonic mean of the mean precision and the mean recall over labels.

    Labels without a known positive are left out of both means; a label that was
    never decided has precision 0 (some published scripts count it as 1).

    Args:
        hits: Right positive decisions of each label.
        chosen: Positive decisions of each label.
        positives: Known positives of each label.

    Returns:
        Values in [0, 1]; NaN where no label has a known positive.
    """
    counted = positives > 0
    num_labels = counted.sum(axis=-1)
    precision = _ratio(hits, chosen, empty=0.0)
    recall = _ratio(hits, positives, empty=0.0)
    mean_precision = _ratio((precision * counted).sum(axis=-1), num_labels, empty=np.nan)
    mean_recall = _ratio((recall * counted).sum(axis=-1), num_labels, empty=np.nan)
    return _harmonic_mean(mean_precision, mean_recall)


def overall_f1(
    hits: Shaped[np.ndarray, "*draws labels"],
    chosen: Shaped[np.ndarray, "*draws labels"],
    positives: Shaped[np.ndarray, "*draws labels"],
) -> Float[np.ndarray, "*draws"]:
    """OF1: F1 over all known cells of all labels together.

    Args:
        hits: Right positive decisions of each label.
        chosen: Positive decisions of each label.
        positives: Known positives of each label.

    Returns:
        Values in [0, 1]; NaN where there is no known positive at all.
    """
    found = hits.sum(axis=-1)
    total = positives.sum(axis=-1)
    f1 = _ratio(2 * found, chosen.sum(axis=-1) + total, empty=np.nan)
    return np.where(total > 0, f1, np.nan)


def _harmonic_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(a + b), np.nan, _ratio(2 * a * b, a + b, empty=0.0))


def _ratio(above: ArrayLike, below: ArrayLike, *, empty: float) -> np.ndarray:
    numerator, denominator = np.asarray(above, float), np.asarray(below, float)
    result = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), empty)
    return np.divide(numerator, denominator, out=result, where=denominator > 0)
