"""How good ranked lists of images are, given for each query."""

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
