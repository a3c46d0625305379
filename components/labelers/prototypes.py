"""One direction a label, from its images and its name together.

Images and texts of a contrastive encoder lie in two separate cones, and all
images share one direction. Both are taken out first: images are centred on the
mean image, names on the mean name. A label's prototype is the sum of its centred
images and ``text_weight`` times its centred name, so a label without images is
its name alone and a label with many is its images.

Source: prototypes after Snell et al., "Prototypical Networks for Few-shot
Learning", 2017; the blend with the name is a shrinkage estimate of our own; the
gap between the cones is described in Liang et al., "Mind the Gap", 2022.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int, Int8

from components.labels.states import PRESENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Prototypes:
    """Centred, summed directions; similarities are cosines in [-1, 1]."""

    centre: Float32[np.ndarray, " embed"]
    scale: float
    directions: Float32[np.ndarray, "labels embed"]
    """Not of unit length: what one image adds can be taken out again."""
    num_images: Int[np.ndarray, " labels"]
    """Known positives behind each label."""

    @classmethod
    def fit(
        cls,
        vectors: Float32[np.ndarray, "examples embed"],
        states: Int8[np.ndarray, "examples labels"],
        label_vectors: Float32[np.ndarray, "labels embed"],
        *,
        text_weight: float = 20.0,
    ) -> "Prototypes":
        """Sum the images of every label's known positives.

        Args:
            vectors: Image vectors; rows without a positive serve the mean.
            states: Cells +1 are used, all others are not.
            label_vectors: Unit vectors of the names.
            text_weight: The name counts as this many images; at least 0.
        """
        if text_weight < 0:
            raise ValueError(f"text_weight must be at least 0, got {text_weight}")
        centre = vectors.mean(axis=0) if len(vectors) else np.zeros_like(label_vectors[0])
        centred = vectors - centre
        lengths = np.linalg.norm(centred, axis=1)
        scale = float(lengths.mean()) if len(vectors) and lengths.any() else 1.0
        present = (states == PRESENT).astype(np.float32)
        directions = present.T @ (centred / np.float32(scale))
        directions += np.float32(text_weight) * _centred_names(label_vectors)
        return cls(
            centre=centre,
            scale=scale,
            directions=directions,
            num_images=(states == PRESENT).sum(axis=0),
        )

    def similarity(
        self, vectors: Float32[np.ndarray, "examples embed"]
    ) -> Float32[np.ndarray, "examples labels"]:
        """Cosine of centred images and prototypes; 0 where one has no direction."""
        centred = (vectors - self.centre) / np.float32(self.scale)
        lengths = np.linalg.norm(centred, axis=1)[:, None]
        return _cosine(centred @ self.directions.T, lengths, self._lengths())

    def similarity_without_own(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        states: Int8[np.ndarray, "examples labels"],
    ) -> Float32[np.ndarray, "examples labels"]:
        """The same for images the prototypes were fitted to, each left out of its own.

        Without this a labelled image looks like its labels because it is part of
        them, and whatever is fitted on the similarity trusts it too much.
        """
        centred = (vectors - self.centre) / np.float32(self.scale)
        own = (states == PRESENT).astype(np.float32)
        square = np.square(centred).sum(axis=1)[:, None]
        dots = centred @ self.directions.T
        # |d − x|² = |d|² − 2 d·x + |x|²; rounding must not make it negative.
        left = np.maximum(np.square(self._lengths()) - own * (2 * dots - square), 0.0)
        left = np.where(left < 1e-6 * np.square(self._lengths()), 0.0, left)
        return _cosine(dots - own * square, np.sqrt(square), np.sqrt(left).astype(np.float32))

    def _lengths(self) -> Float32[np.ndarray, "1 labels"]:
        return np.linalg.norm(self.directions, axis=1)[None, :]


def _centred_names(
    label_vectors: Float32[np.ndarray, "labels embed"],
) -> Float32[np.ndarray, "labels embed"]:
    # The mean of a single name is the name: nothing would be left.
    if len(label_vectors) > 1:
        label_vectors = label_vectors - label_vectors.mean(axis=0)
    lengths = np.linalg.norm(label_vectors, axis=1, keepdims=True)
    return label_vectors / np.maximum(lengths, np.float32(1e-12))


def _cosine(
    dots: Float32[np.ndarray, "examples labels"],
    image_lengths: Float32[np.ndarray, "examples 1"],
    label_lengths: Float32[np.ndarray, "_ labels"],
) -> Float32[np.ndarray, "examples labels"]:
    below = image_lengths * label_lengths
    cosines = np.divide(dots, below, out=np.zeros_like(dots), where=below > 1e-12)
    return np.clip(cosines, -1, 1)
