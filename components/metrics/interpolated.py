"""Interpolated average precision: never to be mixed with the ordinary kind.

The sketch retrieval literature reports AP with VOC's precision envelope. It is
never below :func:`components.metrics.retrieval.retrieval_average_precision`.
"""

import numpy as np
from jaxtyping import Bool, Float


def interpolated_average_precision(
    relevant: Bool[np.ndarray, "queries ranks"],
) -> Float[np.ndarray, " queries"]:
    """Mean over right answers of the best precision at their rank or a later one.

    Args:
        relevant: Whether the image at each rank is a right answer, best first;
            all images of the gallery must be ranked.

    Returns:
        One value in (0, 1] a query; NaN where the gallery has no right answer.

    Example:
        >>> interpolated_average_precision(np.array([[False, True, True]])).round(3)
        array([0.667])
    """
    precision = relevant.cumsum(axis=1) / np.arange(1, relevant.shape[1] + 1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    num_relevant = relevant.sum(axis=1)
    empty = np.full(len(relevant), np.nan)
    total = (envelope * relevant).sum(axis=1)
    return np.divide(total, num_relevant, out=empty, where=num_relevant > 0)
