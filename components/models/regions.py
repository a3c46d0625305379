"""Region vectors of many images, wherever they lie."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float


@runtime_checkable
class Regions(Protocol):
    """Region vectors of images, row by row; an array, or rows of files read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, regions, length."""
        ...

    def __getitem__(self, rows: np.ndarray, /) -> Float[np.ndarray, "rows regions embed"]: ...
