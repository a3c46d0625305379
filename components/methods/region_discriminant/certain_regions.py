"""For each name the regions that are closest to it, and of them those with the least doubt."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64

from components.models.images import Regions, rows_at_once
from components.training.task import Names

MOST_ALTOGETHER = 1 << 17
"""Vectors that are held in memory; with 1,000 names at most 131 a name."""


@dataclass(frozen=True, slots=True)
class CertainRegions:
    """Region vectors and the name that each speaks for, by name, the most certain first."""

    vectors: Float32[np.ndarray, "chosen embed"]
    label: Int64[np.ndarray, " chosen"]


@dataclass(frozen=True, slots=True)
class _Candidates:
    place: Int64[np.ndarray, " candidates"]
    """Image among those looked at, times regions an image, plus region."""
    label: Int64[np.ndarray, " candidates"]
    doubt: Float32[np.ndarray, " candidates"]

    def best(self, most: int) -> "_Candidates":
        """The least doubted of each name; of equals the first place."""
        order = np.lexsort((self.place, self.doubt, self.label))
        label = self.label[order]
        rank = np.arange(len(label)) - np.searchsorted(label, label)
        kept = order[rank < most]
        return _Candidates(self.place[kept], self.label[kept], self.doubt[kept])

    def and_more(self, more: "_Candidates") -> "_Candidates":
        return _Candidates(
            np.concatenate([self.place, more.place]),
            np.concatenate([self.label, more.label]),
            np.concatenate([self.doubt, more.doubt]),
        )


def certain_regions(
    regions: Regions, rows: Int64[np.ndarray, " rows"], names: Names, most: int
) -> CertainRegions:
    """The ``most`` regions of each name whose softmax over names has the least entropy.

    A region can only speak for the name that it is closest to, so a name may have fewer, or
    none. Some images are read at a time; only places are kept until the choice is made.

    Args:
        regions: Of the training images.
        rows: The images to look at.
        names: Of the labels; the softmax has their temperature.
        most: Of a name; at least 1.
    """
    most = min(most, max(MOST_ALTOGETHER // len(names.vectors), 1))
    kept = _Candidates(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    step = rows_at_once(regions.shape[1], len(names.vectors))
    for start in range(0, len(rows), step):
        read = np.asarray(regions[rows[start : start + step]], np.float32)
        found = _candidates(read, names, start * regions.shape[1])
        kept = kept.and_more(found).best(most)
    return CertainRegions(_gathered(regions, rows, kept.place), kept.label)


def _candidates(
    read: Float32[np.ndarray, "images regions embed"], names: Names, first: int
) -> _Candidates:
    flat = torch.from_numpy(read).flatten(0, 1)
    cosines = flat @ torch.from_numpy(np.asarray(names.vectors, np.float32)).T
    log_share = torch.log_softmax(cosines / names.temperature, dim=1)
    doubt = -(log_share.exp() * log_share).sum(dim=1)
    return _Candidates(
        first + np.arange(len(flat), dtype=np.int64),
        cosines.argmax(dim=1).numpy(),
        doubt.numpy(),
    )


def _gathered(
    regions: Regions, rows: Int64[np.ndarray, " rows"], place: Int64[np.ndarray, " chosen"]
) -> Float32[np.ndarray, "chosen embed"]:
    """Vectors of the chosen regions, read image by image in the order of the images."""
    _, num_regions, embed_dim = regions.shape
    vectors = np.empty((len(place), embed_dim), np.float32)
    image, region = np.divmod(place, num_regions)
    order = np.argsort(image, kind="stable")
    step = rows_at_once(num_regions, embed_dim)
    wanted = np.unique(image)
    for start in range(0, len(wanted), step):
        part = wanted[start : start + step]
        read = np.asarray(regions[rows[part]], np.float32)
        low, high = np.searchsorted(image[order], [part[0], part[-1] + 1])
        here = order[low:high]
        vectors[here] = read[np.searchsorted(part, image[here]), region[here]]
    return vectors
