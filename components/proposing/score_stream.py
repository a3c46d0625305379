"""Log-odds of many images, some rows at a time, the same whatever is asked for at once.

How a matrix product rounds depends on its shape. Images are therefore scored in blocks of
one shape, which begin at the same images however many are asked for at a time.
"""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int64

from components.models.images import Regions

ROWS = 256
"""Of a block."""


@runtime_checkable
class Scorer(Protocol):
    """Log-odds of presence of every cell of some images."""

    def log_odds(
        self,
        vectors: Float32[np.ndarray, "rows embed"],
        regions: Float32[np.ndarray, "rows regions embed"] | None,
    ) -> Float32[np.ndarray, "rows labels"]:
        """Of images given by their vectors."""
        ...


@dataclass(kw_only=True, slots=True)
class ScoreStream:
    """The log-odds of some images, in their order, each given out once."""

    scorer: Scorer
    vectors: Float32[np.ndarray, "examples embed"]
    regions: Regions | None
    rows: Int64[np.ndarray, " rows"]
    """Which of them, in the order of asking."""
    _scored: int = 0
    _waiting: list[np.ndarray] = field(default_factory=list[np.ndarray])

    def take(self, count: int) -> Float32[np.ndarray, "count labels"]:
        """The next ``count`` rows."""
        while sum(map(len, self._waiting)) < count:
            self._waiting.append(self._next_block())
        ready = np.concatenate(self._waiting)
        self._waiting = [ready[count:]]
        return ready[:count]

    def _next_block(self) -> np.ndarray:
        rows = self.rows[self._scored : self._scored + ROWS]
        if not len(rows):
            raise ValueError(f"all {len(self.rows)} rows were given out already")
        self._scored += len(rows)
        # The last block repeats its last image.
        full = np.concatenate([rows, np.repeat(rows[-1:], ROWS - len(rows))])
        regions = None if self.regions is None else self.regions[full].astype(np.float32)
        return self.scorer.log_odds(self.vectors[full], regions)[: len(rows)]
