"""Images as heads read them: vectors of the whole and of its regions, or pixels."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Num
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Images:
    """Vectors of some images; regions are None where nothing reads them.

    Pixels are there only where the encoder learns too: then the vectors are those of the
    encoder before it did.
    """

    vectors: Float[Tensor, "batch embed"]
    regions: Float[Tensor, "batch regions embed"] | None = None
    pixels: Num[Tensor, "batch 3 height width"] | None = None

    def __len__(self) -> int:
        return len(self.vectors)

    def required_regions(self) -> Float[Tensor, "batch regions embed"]:
        """The regions, for a head that cannot do without."""
        if self.regions is None:
            raise ValueError("this head reads region vectors, and none were given")
        return self.regions

    def required_pixels(self) -> Num[Tensor, "batch 3 height width"]:
        """The pixels, for a head that looks with its own encoder."""
        if self.pixels is None:
            raise ValueError("this head reads pixels, and none were given")
        return self.pixels


@runtime_checkable
class Regions(Protocol):
    """Region vectors of images, row by row; an array, or rows of files read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, regions, length."""
        ...

    def __getitem__(self, rows: np.ndarray, /) -> Float[np.ndarray, "rows regions embed"]: ...


_NUMBERS_AT_ONCE = 1 << 25
"""Heads over regions hold one number a region and label for some time: 128 MB."""


def rows_at_once(num_regions: int, num_labels: int) -> int:
    """How many images a head should read together, so that memory stays bounded."""
    return min(max(_NUMBERS_AT_ONCE // max(num_regions * num_labels, 1), 1), 1024)


def images_of(
    vectors: np.ndarray, regions: np.ndarray | None, device: torch.device | str = "cpu"
) -> Images:
    """Images from arrays of any float type, as float32 on a device."""
    return Images(_tensor(vectors, device), None if regions is None else _tensor(regions, device))


def _tensor(array: np.ndarray, device: torch.device | str) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device).float()
