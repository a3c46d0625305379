"""Ours: a metric in which the wide directions of semantic parts count less.

What modality vectors leave behind still varies most along few directions that all
images share, the rest of the gap between the modalities among them. With Σ the second
moment of the seen images' semantic parts and σ̄ its mean eigenvalue, cosines are taken after

    W = ((Σ / σ̄ + λ I) / (1 + λ))^(−p)        p = 0: none, p = ½: whitening with shrinkage λ

Neither labels nor pairs enter it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Eigenvalues of Σ over their mean, and the directions, one a column."""

    values: Float[np.ndarray, " embed"]
    directions: Float[np.ndarray, "embed embed"]

    def tempering(self, *, power: float, shrinkage: float) -> Float[np.ndarray, "embed embed"]:
        """The symmetric matrix W.

        Args:
            power: p, at least 0.
            shrinkage: λ, above 0: the larger, the nearer W is to the identity.

        Raises:
            ValueError: If one is out of its range.
        """
        if power < 0 or shrinkage <= 0:
            raise ValueError(
                f"power is {power} and must be 0 or more; shrinkage is {shrinkage} and must "
                "be above 0."
            )
        scale = ((self.values + shrinkage) / (1 + shrinkage)) ** -power
        return (self.directions * scale) @ self.directions.T


def spectrum(semantic: Float[np.ndarray, "examples embed"]) -> Spectrum:
    """Of the semantic parts of seen images, all modalities together.

    Raises:
        ValueError: Without an example, or if all parts are zero.
    """
    if not np.any(semantic):
        raise ValueError(f"{len(semantic)} semantic parts, none of them other than zero.")
    moment = semantic.T @ semantic / len(semantic)
    values, directions = np.linalg.eigh(moment)
    return Spectrum(np.maximum(values, 0) / values.mean(), directions)
