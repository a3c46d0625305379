"""Pictures from files as an encoder takes them: once for embed, again and again for train."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from blake3 import blake3
from jaxtyping import Int64, Num
from PIL import Image
from torch import Tensor

from components.data.images import ImageFault, decode_image, read_image_bytes
from components.encoders.batches import Fault, View
from components.errors import InputError
from project.embedding.shard_plan import ImageWork

Preprocess = Callable[[Image.Image], Tensor]


def load_pixels(image: ImageWork, preprocess: Preprocess) -> Tensor | Fault:
    """The pixels of an image, from the first of its places that still has its bytes."""
    fault = Fault("missing_file", "no such file")
    for path in image.paths:
        try:
            data = read_image_bytes(Path(path))
            if blake3(data).hexdigest() == image.content_hash:
                return preprocess(decode_image(data))
            fault = Fault("changed", "the file is not the one that was prepared; run prepare")
        except ImageFault as problem:
            fault = Fault(str(problem.reason), problem.detail)
    return fault


def num_loaders() -> int:
    """Threads that read pictures: one a core."""
    return max(1, len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """Some images in an order of their own; see components.training.data.Pictures."""

    images: tuple[ImageWork, ...]
    preprocess: Preprocess
    views: tuple[View, ...]

    def pixels(
        self, rows: Int64[np.ndarray, " rows"], views: Int64[np.ndarray, " rows"] | None = None
    ) -> Num[Tensor, "rows 3 height width"]:
        """Pixels of some rows, each in its view.

        Raises:
            InputError: If a file is gone or was changed since it was embedded.
        """
        places = np.zeros_like(rows) if views is None else views
        with ThreadPoolExecutor(num_loaders(), thread_name_prefix="load") as pool:
            return torch.stack(list(pool.map(self._load, rows.tolist(), places.tolist())))

    def _load(self, row: int, place: int) -> Tensor:
        image = self.images[row]
        found = load_pixels(image, self.preprocess)
        if isinstance(found, Fault):
            raise InputError(
                f"{image.paths[0]} cannot be read for training end to end: {found.detail}. "
                "Put it back, or run `efuda run prepare`."
            )
        return found.flip(-1) if self.views[place] == "flip" else found
