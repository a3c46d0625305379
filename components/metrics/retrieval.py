"""How good ranked lists of images are, given for each query."""

import numpy as np
from jaxtyping import Bool, Float, Int


def recall_at_k(
    found: Int[np.ndarray, "queries found"], exact: Int[np.ndarray, "queries k"]
) -> Float[np.ndarray, " queries"]:
    """Share of the exact nearest neighbours that an approximate search found.

    Args:
        found: Ids from the approximate search; negative ids mean "nothing" and
            never count.
        exact: Ids from the exact search, each at most once a query.

    Returns:
        One value in [0, 1] a query; 1 where the exact search has no answer.

    Example:
        >>> recall_at_k(np.array([[3, 1]]), np.array([[1, 2]]))
        array([0.5])
    """
    wanted = exact >= 0
    hit = (exact[:, :, None] == found[:, None, :]).any(axis=2) & wanted
    num_wanted = wanted.sum(axis=1)
    full = np.ones(len(exact))
    return np.divide(hit.sum(axis=1), num_wanted, out=full, where=num_wanted > 0)


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


def precision_at_k(
    relevant: Bool[np.ndarray, "queries ranks"], k: int
) -> Float[np.ndarray, " queries"]:
    """Share of right answers among the first ``k``.

    The divisor is ``min(k, right answers in the gallery)``, as in the sketch
    retrieval literature, so that a query with few right answers can reach 1.

    Args:
        relevant: Whether the image at each rank is a right answer, best first;
            all images of the gallery must be ranked.
        k: At least 1.

    Returns:
        One value in [0, 1] a query; NaN where the gallery has no right answer.

    Raises:
        ValueError: If ``k`` is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}: it must be at least 1.")
    reachable = np.minimum(relevant.sum(axis=1), k)
    hits = relevant[:, :k].sum(axis=1)
    empty = np.full(len(relevant), np.nan)
    return np.divide(hits, reachable, out=empty, where=reachable > 0)
