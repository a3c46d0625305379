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
RESCORE_ROWS = 4096
COPY_ROWS = 16_384
NO_LENGTH = 1e-9


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
        centre: Subtracted from every row, which is then scaled to length 1
            again; None leaves the rows as they are.
    """

    def __init__(
        self,
        vectors: Float[np.ndarray, "rows embed"],
        centre: Float[np.ndarray, " embed"] | None = None,
    ) -> None:
        self._vectors = vectors
        self._centre = None if centre is None else centre.astype(np.float64)
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
        found = np.empty((len(queries), k), np.int64)
        scores = np.empty((len(queries), k), np.float32)
        if k == 0:
            return Hits(found, scores)
        matrix, error = self._matrix_of(rows)
        step = max(1, SCORE_BUFFER // len(rows))
        for start in range(0, len(queries), step):
            block = torch.from_numpy(np.ascontiguousarray(queries[start : start + step]))
            near = (block.to(matrix.dtype) @ matrix.T).float()
            floors = near.topk(k, dim=1, sorted=False).values.amin(dim=1) - 2 * error
            for place, (row_scores, floor) in enumerate(zip(near, floors, strict=True), start):
                shortlist = rows[torch.nonzero(row_scores >= floor)[:, 0].numpy()]
                found[place], scores[place] = self.nearest_of(queries[place], shortlist, k)
        return Hits(found, scores)

    def nearest_of(
        self,
        query: Float32[np.ndarray, " embed"],
        shortlist: Int64[np.ndarray, " chosen"],
        k: int,
    ) -> tuple[Int64[np.ndarray, " k"], Float32[np.ndarray, " k"]]:
        """The best ``k`` of ``shortlist`` by exact score; ties go to the lower row."""
        scores = np.empty(len(shortlist))
        for start in range(0, len(shortlist), RESCORE_ROWS):
            part = slice(start, start + RESCORE_ROWS)
            # Not a matrix product: its blocking would make equal rows differ in the last bit.
            scores[part] = (self.rows(shortlist[part]) * query).sum(axis=1)
        scores = np.clip(scores, -1.0, 1.0)
        order = np.lexsort((shortlist, -scores))[:k]
        return shortlist[order], scores[order].astype(np.float32)

    def rows(
        self, chosen: Int64[np.ndarray, " chosen"] | slice
    ) -> Float64[np.ndarray, "chosen embed"]:
        """The rows as they are compared, in double precision."""
        rows = self._vectors[chosen].astype(np.float64)
        if self._centre is None:
            return rows
        rows -= self._centre
        lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
        # A row at the very centre has no direction and is like nothing.
        return rows / np.where(lengths > NO_LENGTH, lengths, np.inf)

    def _matrix_of(self, rows: Int64[np.ndarray, " chosen"]) -> tuple[torch.Tensor, float]:
        if self._working is None and len(rows) * 4 < len(self._vectors):
            return torch.from_numpy(self.rows(rows).astype(np.float32)), FLOAT32_ERROR
        if self._working is None:
            self._working = self._working_copy()
        error = BFLOAT16_ERROR if self._working.dtype == torch.bfloat16 else FLOAT32_ERROR
        if len(rows) == len(self._vectors):
            return self._working, error
        return self._working[torch.from_numpy(rows)], error

    def _working_copy(self) -> torch.Tensor:
        fast = len(self._vectors) >= BFLOAT16_ABOVE and _computes_bfloat16()
        kind = torch.bfloat16 if fast else torch.float32
        copy = torch.empty(self._vectors.shape, dtype=kind)
        for start in range(0, len(copy), COPY_ROWS):
            part = slice(start, start + COPY_ROWS)
            copy[part] = torch.from_numpy(self.rows(part))
        return copy


def _computes_bfloat16() -> bool:
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):
        return False
