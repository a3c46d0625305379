"""Queries become vectors: the part of the service that computes."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float32
from PIL import Image

from components.data.images import SENT_FILES, Budget, ImageFault, decode_image
from components.encoders.encoder import Encoder

RAMP_PX = 128
ENDS = ("black", "white")


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """Unit vectors of one picture.

    Regions lie row by row over ``grid``, which covers the part ``seen`` of the
    picture (left, top, right, bottom as fractions); they are None where they
    were not asked for or the encoder has none.
    """

    global_vector: Float32[np.ndarray, " embed"]
    region_vectors: Float32[np.ndarray, "regions embed"] | None
    grid: tuple[int, int]
    seen: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class ImageTask:
    """The bytes of an image file, and whether its regions are wanted."""

    body: bytes
    wants_regions: bool = False


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """A picture as the encoder takes it; ``size_px`` is the width and height it was made of."""

    pixels: torch.Tensor
    size_px: tuple[int, int]
    wants_regions: bool


Outcome = EncodedImage | ImageFault


class QueryEncoder(Protocol):
    """What the web application needs: here, or in another process."""

    async def encode_image(self, task: ImageTask) -> EncodedImage:
        """Vectors of one picture; ImageFault if the bytes are not one."""
        ...

    async def encode_texts(self, texts: tuple[str, ...]) -> Float32[np.ndarray, "texts embed"]:
        """Unit vectors of some texts."""
        ...


class BatchEncoder:
    """Encodes many pictures or texts at once, one batch after the other.

    Args:
        encoder: What computes.
        budget: What decoding one picture may cost.
    """

    def __init__(self, encoder: Encoder, budget: Budget = SENT_FILES) -> None:
        self._encoder = encoder
        self._budget = budget
        self._lock = threading.Lock()

    def prepare(self, task: ImageTask) -> PreparedImage:
        """Decode a picture in a process apart, and scale it for the encoder.

        Raises:
            ImageFault: If the bytes are not a picture, or one that costs too much.
        """
        picture = decode_image(task.body, self._budget)
        return PreparedImage(self._encoder.preprocess(picture), picture.size, task.wants_regions)

    def encode_prepared(self, images: Sequence[PreparedImage]) -> list[EncodedImage]:
        """Vectors of each picture."""
        with self._lock, torch.inference_mode():
            pixels = torch.stack([image.pixels for image in images])
            vectors = self._encoder.encode_images(pixels)
        whole = vectors.global_vectors.float().cpu().numpy()
        regions = vectors.region_vectors.float().cpu()
        grid = self._encoder.grid
        encoded: list[EncodedImage] = []
        for row, image in enumerate(images):
            if image.wants_regions and self._encoder.num_regions:
                seen = seen_part(self._encoder, image.size_px)
                encoded.append(EncodedImage(whole[row], regions[row].numpy(), grid, seen))
            else:
                encoded.append(EncodedImage(whole[row], None, grid))
        return encoded

    def encode_images(self, tasks: Sequence[ImageTask]) -> list[Outcome]:
        """One outcome a task; a bad picture does not spoil its neighbours."""
        prepared: list[PreparedImage | ImageFault] = []
        for task in tasks:
            # One at a time, so that one decoded picture at most is in memory.
            try:
                prepared.append(self.prepare(task))
            except ImageFault as fault:
                prepared.append(fault)
        images = [image for image in prepared if isinstance(image, PreparedImage)]
        encoded = iter(self.encode_prepared(images) if images else [])
        return [item if isinstance(item, ImageFault) else next(encoded) for item in prepared]

    def encode_texts(
        self, groups: Sequence[tuple[str, ...]]
    ) -> list[Float32[np.ndarray, "texts embed"]]:
        """Vectors of each group of texts."""
        texts = [text for group in groups for text in group]
        with self._lock, torch.inference_mode():
            vectors = self._encoder.encode_texts(texts).float().cpu().numpy()
        ends = np.cumsum([len(group) for group in groups])
        return np.split(vectors, ends[:-1])


def seen_part(encoder: Encoder, size_px: tuple[int, int]) -> tuple[float, float, float, float]:
    """Which part of a picture of that size the encoder sees, as fractions.

    Some encoders squash a picture, others cut out its middle; that is their
    own affair, so it is read off what they make of a picture whose red tells
    the column and whose green tells the row.
    """
    width, height = (max(2, round(side * RAMP_PX / max(size_px))) for side in size_px)
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, width)
    ramp[..., 1] = np.linspace(0, 255, height)[:, None]
    pictures = [Image.fromarray(ramp), *(Image.new("RGB", (64, 64), name) for name in ENDS)]
    pixels, black, white = (encoder.preprocess(picture).float() for picture in pictures)
    place = ((pixels[:2] - black[:2]) / (white[:2] - black[:2])).clamp(0, 1)
    columns, rows = place[0].mean(dim=0), place[1].mean(dim=1)
    # The outermost pixels show their middle, half a pixel inside the edge.
    half_column = float(columns[-1] - columns[0]) / max(1, 2 * (len(columns) - 1))
    half_row = float(rows[-1] - rows[0]) / max(1, 2 * (len(rows) - 1))
    return (
        max(0.0, float(columns[0]) - half_column),
        max(0.0, float(rows[0]) - half_row),
        min(1.0, float(columns[-1]) + half_column),
        min(1.0, float(rows[-1]) + half_row),
    )


class LocalEncoder:
    """A :class:`QueryEncoder` in this process, without batching."""

    def __init__(self, encoder: Encoder) -> None:
        self._batches = BatchEncoder(encoder)

    async def encode_image(self, task: ImageTask) -> EncodedImage:
        outcomes = await asyncio.to_thread(self._batches.encode_images, [task])
        return encoded_or_raise(outcomes[0])

    async def encode_texts(self, texts: tuple[str, ...]) -> Float32[np.ndarray, "texts embed"]:
        return (await asyncio.to_thread(self._batches.encode_texts, [texts]))[0]


def encoded_or_raise(outcome: Outcome) -> EncodedImage:
    """The vectors, or the fault raised."""
    if isinstance(outcome, ImageFault):
        raise outcome
    return outcome
