"""How good ranked lists of images are, given for each query.

Average precision is of two kinds, never to be mixed: the ordinary one, and that of the
sketch retrieval literature, which takes VOC's precision envelope and is never lower.
"""

import numpy as np
from jaxtyping import Bool, Float


def retrieval_average_precision(
    relevant: Bool[np.ndarray, "queries ranks"],
) -> Float[np.ndarray, " queries"]:
    """Average precision of each query over its whole ranked gallery (mAP@all).

    Args:
        relevant: Whether the image at each rank is a right answer, best first;
            all images of the gallery must be ranked.

    Returns:
        One value in (0, 1] a query; NaN where the gallery has no right answer.

    Example:
        >>> retrieval_average_precision(np.array([[True, False, True]])).round(3)
        array([0.833])
    """
    hits = relevant.cumsum(axis=1)
    precision = hits / np.arange(1, relevant.shape[1] + 1)
    num_relevant = relevant.sum(axis=1)
    total = (precision * relevant).sum(axis=1)
    empty = np.full(len(relevant), np.nan)
    return np.divide(total, num_relevant, out=empty, where=num_relevant > 0)


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
