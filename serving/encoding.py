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

from components.data.images import ImageFault, decode_image, image_size
from components.data.quarantine_reasons import ImageReason
from components.encoders.encoder import Encoder

MAX_PIXELS = 64_000_000
"""Largest picture the service decodes; smaller than the pipeline's limit."""
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


Outcome = EncodedImage | ImageFault


class QueryEncoder(Protocol):
    """What the web application needs: here, or in another process."""

    async def encode_image(self, task: ImageTask) -> EncodedImage:
        """Vectors of one picture; ImageFault if the bytes are not one."""
        ...

    async def encode_texts(self, texts: tuple[str, ...]) -> Float32[np.ndarray, "texts embed"]:
        """Unit vectors of some texts."""
        ...

    async def is_ready(self) -> bool:
        """Whether a query would be answered now."""
        ...


def check_image(body: bytes) -> None:
    """Refuse by the header what is no picture or too large to decode.

    Raises:
        ImageFault: With the reason.
    """
    width, height = image_size(body)
    if width * height > MAX_PIXELS:
        raise ImageFault(
            ImageReason.TOO_MANY_PIXELS,
            f"{width:,} x {height:,} pixels; the service takes at most {MAX_PIXELS:,}",
        )


class BatchEncoder:
    """Encodes many pictures or texts at once, one batch after the other."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()

    def encode_images(self, tasks: Sequence[ImageTask]) -> list[Outcome]:
        """One outcome a task; a bad picture does not spoil its neighbours."""
        outcomes: list[Outcome | None] = [None] * len(tasks)
        pixels: list[torch.Tensor] = []
        places: list[int] = []
        sizes: list[tuple[int, int]] = []
        for place, task in enumerate(tasks):
            # One at a time, so that one decoded picture at most is in memory.
            try:
                check_image(task.body)
                picture = decode_image(task.body)
                pixels.append(self._encoder.preprocess(picture))
                places.append(place)
                sizes.append(picture.size)
            except ImageFault as fault:
                outcomes[place] = fault
        if pixels:
            with self._lock, torch.inference_mode():
                vectors = self._encoder.encode_images(torch.stack(pixels))
            whole = vectors.global_vectors.float().cpu().numpy()
            regions = vectors.region_vectors.float().cpu()
            for row, place in enumerate(places):
                if tasks[place].wants_regions and self._encoder.num_regions:
                    seen = seen_part(self._encoder, sizes[row])
                    grid = self._encoder.grid
                    outcomes[place] = EncodedImage(whole[row], regions[row].numpy(), grid, seen)
                else:
                    outcomes[place] = EncodedImage(whole[row], None, self._encoder.grid)
        return [outcome for outcome in outcomes if outcome is not None]

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

    async def is_ready(self) -> bool:
        return True


def encoded_or_raise(outcome: Outcome) -> EncodedImage:
    """The vectors, or the fault raised."""
    if isinstance(outcome, ImageFault):
        raise outcome
    return outcome
