"""What every encoder offers: images and texts as unit vectors in one space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Num
from PIL import Image
from torch import Tensor


@dataclass(frozen=True, slots=True)
class ImageVectors:
    """Unit vectors of a batch of images, float32; on the CPU where an encoder gives them.

    ``region_vectors`` holds one vector a cell of the encoder's ``grid``, row by
    row from the top left; its second axis has length 0 where the encoder has
    no regions.
    """

    global_vectors: Float[Tensor, "batch embed"]
    region_vectors: Float[Tensor, "batch regions embed"]


@runtime_checkable
class Encoder(Protocol):
    """Owns its resize, its normalisation and its weights.

    Attributes:
        id: ``<kind>-<12 hex digits>``; it changes whenever weights,
            preprocessing or variant change, and with nothing else.
        embed_dim: Length of every vector.
        grid: Rows and columns of the region map; (0, 0) means no regions.
        num_regions: Rows times columns.
        temperature: Divisor that turns cosines into logits of a softmax over
            labels, as trained (CLIP) or as measured (conse); above 0.
    """

    @property
    def id(self) -> str: ...
    @property
    def embed_dim(self) -> int: ...
    @property
    def grid(self) -> tuple[int, int]: ...
    @property
    def num_regions(self) -> int: ...
    @property
    def temperature(self) -> float: ...

    def preprocess(self, image: Image.Image) -> Num[Tensor, "3 height width"]:
        """One RGB picture as the pixels that ``encode_images`` expects; thread-safe."""
        ...

    def encode_images(self, pixels: Num[Tensor, "batch 3 height width"]) -> ImageVectors:
        """Vectors of a batch of preprocessed pictures."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Float[Tensor, "texts embed"]:
        """Unit vectors of texts of any length; what is too long for the model is cut off."""
        ...
