"""How a sketch and photographs are made comparable: what is subtracted from each.

With m_i the vector of modality i, trained or in closed form, a share s of the gap between
the modalities is taken away, and cosines are taken from an origin a · m_photo:

    query  z + s (m_photo − m_sketch) − a m_photo            photograph  z − a m_photo

s = 1, a = 0 is the published query, with photographs as they are; s = 1, a = 1 compares
semantic parts z − m; s = 0, a = 0 is the raw sketch.

In closed form m_i is the mean of modality i over classes that count alike. It needs
sketches and photographs, but no pair of them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from components.methods.ma_sbir.query_expansion import unit

Rows = Float[np.ndarray, "rows embed"]


@dataclass(frozen=True, slots=True)
class Offsets:
    """What is subtracted from photographs, and what from sketches."""

    photo: Float[np.ndarray, " embed"]
    sketch: Float[np.ndarray, " embed"]

    def from_origin(self, origin: float, gap: float) -> "Offsets":
        """What to subtract, given modality vectors and the shares a and s."""
        middle = origin * self.photo
        return Offsets(middle, middle + gap * (self.sketch - self.photo))

    def queries(self, sketches: Rows) -> Rows:
        """Sketches, comparable with :meth:`gallery`; of unit length."""
        return unit(sketches - self.sketch)

    def gallery(self, photos: Rows) -> Rows:
        """Photographs, comparable with :meth:`queries`; of unit length."""
        return unit(photos - self.photo)


def class_balanced_mean(
    vectors: Rows, shown: Bool[np.ndarray, "rows classes"]
) -> Float[np.ndarray, " embed"]:
    """Mean over classes of the mean of the pictures that show them."""
    sizes = shown.sum(axis=0)
    present = sizes > 0
    sums = shown[:, present].T.astype(vectors.dtype) @ vectors
    return (sums / sizes[present, None]).mean(axis=0).astype(vectors.dtype)
