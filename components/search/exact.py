"""Exact cosine search: a fast shortlist with a guarantee, then exact scores.

All rows are scored at once in the fastest arithmetic at hand. Its rounding
error has a known bound, so every row that could belong to the answer is kept;
those few are scored again in double precision. The answer is therefore exact,
does not depend on which kernel ran, and equal vectors keep their row order.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64

# Largest error of one score of two unit vectors. float32 is bounded loosely;
# bfloat16 has a unit roundoff of 2^-9 and rounds both factors and the result.
FLOAT32_ERROR = 1e-5
BFLOAT16_ERROR = 3.1 * 2.0**-9
# Below this many rows float32 is as fast and makes the shorter shortlist.
BFLOAT16_ABOVE = 20_000
SCORE_BUFFER = 1 << 24


@dataclass(frozen=True, slots=True)
class Hits:
    """The nearest rows of each query, best first, and their cosines in [-1, 1]."""

    rows: Int64[np.ndarray, "queries k"]
    scores: Float32[np.ndarray, "queries k"]


class ExactSearch:
    """Searches all rows of a matrix of unit vectors.

    Args:
        vectors: Unit rows; may be memory-mapped. A working copy is kept in
            memory, in bfloat16 where the processor computes in it.
    """

    def __init__(self, vectors: Float[np.ndarray, "rows embed"]) -> None:
        self._vectors = vectors
        self._working: torch.Tensor | None = None

    def search(
        self,
        queries: Float32[np.ndarray, "queries embed"],
        k: int,
        allowed: Bool[np.ndarray, " rows"] | None = None,
    ) -> Hits:
        """The ``k`` nearest rows of each query, or all where there are fewer.

        Args:
            queries: Unit vectors.
            k: How many; at least 1.
            allowed: Rows that may be returned; None allows all.
        """
        rows = np.arange(len(self._vectors)) if allowed is None else np.flatnonzero(allowed)
        k = min(k, len(rows))
        if k == 0:
            return Hits(
                np.empty((len(queries), 0), np.int64),
                np.empty((len(queries), 0), np.float32),
            )
        matrix, error = self._matrix_of(rows)
        found_rows = np.empty((len(queries), k), np.int64)
        found_scores = np.empty((len(queries), k), np.float32)
        step = max(1, SCORE_BUFFER // len(rows))
        for start in range(0, len(queries), step):
            block = torch.from_numpy(np.ascontiguousarray(queries[start : start + step]))
            approximate = (block.to(matrix.dtype) @ matrix.T).float()
            floors = approximate.topk(k, dim=1, sorted=False).values.amin(dim=1) - 2 * error
            for offset, (scores, floor) in enumerate(zip(approximate, floors, strict=True)):
                shortlist = rows[torch.nonzero(scores >= floor)[:, 0].numpy()]
                best = nearest_of(self._vectors, queries[start + offset], shortlist, k)
                found_rows[start + offset], found_scores[start + offset] = best
        return Hits(found_rows, found_scores)

    def _matrix_of(self, rows: Int64[np.ndarray, " chosen"]) -> tuple[torch.Tensor, float]:
        if self._working is None and len(rows) * 4 < len(self._vectors):
            return torch.from_numpy(self._vectors[rows].astype(np.float32)), FLOAT32_ERROR
        if self._working is None:
            self._working = _working_copy(self._vectors)
        error = BFLOAT16_ERROR if self._working.dtype == torch.bfloat16 else FLOAT32_ERROR
        if len(rows) == len(self._vectors):
            return self._working, error
        return self._working[torch.from_numpy(rows)], error


def nearest_of(
    vectors: Float[np.ndarray, "rows embed"],
    query: Float32[np.ndarray, " embed"],
    shortlist: Int64[np.ndarray, " chosen"],
    k: int,
) -> tuple[Int64[np.ndarray, " k"], Float32[np.ndarray, " k"]]:
    """The best ``k`` of ``shortlist`` by exact score; ties go to the lower row."""
    scores = exact_scores(vectors, query, shortlist)
    order = np.lexsort((shortlist, -scores))[:k]
    return shortlist[order], scores[order].astype(np.float32)


def exact_scores(
    vectors: Float[np.ndarray, "rows embed"],
    query: Float32[np.ndarray, " embed"],
    rows: Int64[np.ndarray, " chosen"],
) -> Float64[np.ndarray, " chosen"]:
    """Dot products in double precision, the same for a row wherever it stands."""
    scores = np.empty(len(rows))
    for start in range(0, len(rows), 4096):
        part = rows[start : start + 4096]
        # Not a matrix product: its blocking would make equal rows differ in the last bit.
        scores[start : start + 4096] = (vectors[part].astype(np.float64) * query).sum(axis=1)
    return np.clip(scores, -1.0, 1.0)


def _working_copy(vectors: Float[np.ndarray, "rows embed"]) -> torch.Tensor:
    fast = len(vectors) >= BFLOAT16_ABOVE and _computes_bfloat16()
    copy = torch.empty(vectors.shape, dtype=torch.bfloat16 if fast else torch.float32)
    for start in range(0, len(vectors), 65_536):
        part = np.asarray(vectors[start : start + 65_536], dtype=np.float32)
        copy[start : start + len(part)] = torch.from_numpy(part)
    return copy


def _computes_bfloat16() -> bool:
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):
        return False
