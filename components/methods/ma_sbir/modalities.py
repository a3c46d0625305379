"""One vector a modality: what a sketch, a photograph and a text have in common with their kind.

MA-SBIR (WACV 2024, arXiv 2401.04860), in the notation of methods.md, section 5:

    semantic part   s = z − m_i                      (i: the modality of z)
    conversion      c_{i→q} = norm(s + m_q)
    discriminator   D(c) = A c + b, logits of the modalities

The released table has four rows, of which one is unused when it is tested; here
there are three.
"""

from enum import IntEnum

import torch.nn.functional as functional
from jaxtyping import Float, Int64
from torch import Tensor, nn


class Modality(IntEnum):
    """Rows of the table of modality vectors."""

    PHOTO = 0
    SKETCH = 1
    TEXT = 2


class ModalityTable(nn.Module):
    """The trained modality vectors m, one row a modality."""

    def __init__(self, vectors: Float[Tensor, "modalities embed"]) -> None:
        super().__init__()
        self.vectors = nn.Parameter(vectors.clone())

    def semantic(
        self, z: Float[Tensor, "batch embed"], source: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch embed"]:
        """What is left of ``z`` without its modality; not of unit length."""
        return z - self.rows(source)

    def convert(
        self,
        z: Float[Tensor, "batch embed"],
        source: Int64[Tensor, " batch"],
        target: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch embed"]:
        """``z`` as if it were of modality ``target``, of unit length.

        Converting to its own modality gives the direction of ``z``.
        """
        return functional.normalize(self.semantic(z, source) + self.rows(target), dim=-1)

    def rows(self, modality: Int64[Tensor, " batch"]) -> Float[Tensor, "batch embed"]:
        """The vector of each modality."""
        # A product, since the gradient of indexing adds row by row.
        chosen = functional.one_hot(modality, len(self.vectors)).to(self.vectors.dtype)
        return chosen @ self.vectors
