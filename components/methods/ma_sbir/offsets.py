"""Where each modality's vectors are measured from: trained, or in closed form.

The trained vectors m fix semantic parts only up to a common shift. Ours sets it: with
μ_i the class-balanced mean of modality i, offsets are

    b_i = m_i + o,   o = ½ Σ_i (μ_i − m_i)           trained
    b_i = μ_i                                        closed form

so that both kinds have the same middle c = ½ Σ_i μ_i. A share τ of the modality gap is
taken away with c + τ (b_i − c): 1 all of it, 0 none.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class Offsets:
    """What is subtracted from photographs, and what from sketches."""

    photo: Float[np.ndarray, " embed"]
    sketch: Float[np.ndarray, " embed"]

    def trained(
        self, photo: Float[np.ndarray, " embed"], sketch: Float[np.ndarray, " embed"]
    ) -> "Offsets":
        """The trained vectors about the middle of these offsets, the means."""
        shift = (self.photo - photo + self.sketch - sketch) / 2
        return Offsets(photo + shift, sketch + shift)

    def share(self, share: float) -> "Offsets":
        """A share τ of the gap, about the same middle."""
        middle = (self.photo + self.sketch) / 2
        return Offsets(
            middle + share * (self.photo - middle), middle + share * (self.sketch - middle)
        )

    def parts(
        self,
        photos: Float[np.ndarray, "photos embed"],
        sketches: Float[np.ndarray, "sketches embed"],
    ) -> Float[np.ndarray, "images embed"]:
        """Semantic parts of both, photographs first."""
        return np.concatenate([photos - self.photo, sketches - self.sketch])


def mean_offsets(
    photos: Float[np.ndarray, "photos embed"],
    photo_classes: np.ndarray,
    sketches: Float[np.ndarray, "sketches embed"],
    sketch_classes: np.ndarray,
) -> Offsets:
    """The closed form; every class counts alike, whatever its number of images."""
    return Offsets(
        class_balanced_mean(photos, photo_classes), class_balanced_mean(sketches, sketch_classes)
    )


def class_balanced_mean(
    vectors: Float[np.ndarray, "rows embed"], classes: np.ndarray
) -> Float[np.ndarray, " embed"]:
    """Mean of the classes' means."""
    means = [vectors[classes == c].mean(axis=0) for c in np.unique(classes)]
    return reduce(np.add, means) / len(means)
