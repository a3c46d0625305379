"""The place of each proposal among those of its label."""

import numpy as np
from jaxtyping import Float32, Int32, Int64


def ranks_in_label(
    columns: Int64[np.ndarray, " proposals"], scores: Float32[np.ndarray, " proposals"]
) -> Int32[np.ndarray, " proposals"]:
    """1 for the highest score of each label; of equal scores the earlier comes first.

    Example:
        >>> ranks_in_label(np.array([0, 1, 0]), np.array([0.6, 0.7, 0.9], np.float32)).tolist()
        [2, 1, 1]
    """
    order = np.lexsort((np.arange(len(columns)), -scores, columns))
    sorted_columns = columns[order]
    starts = np.flatnonzero(np.r_[True, sorted_columns[1:] != sorted_columns[:-1]])
    lengths = np.diff(np.r_[starts, len(order)])
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order)) - np.repeat(starts, lengths) + 1
    return ranks
