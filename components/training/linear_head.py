"""Linear heads that start from zero-shot, in a space fit for gradient steps."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from scipy.special import logit

SPREAD = 1.5
"""Logits of one standard deviation of a label's zero-shot score, at the start."""


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Moves vectors to mean 0 and unit mean square a coordinate.

    The vectors of an encoder fill a narrow cone: without this most of a step
    goes into the direction that all images share.
    """

    mean: Float32[np.ndarray, " embed"]
    scale: float

    @classmethod
    def of(cls, vectors: Float32[np.ndarray, "examples embed"]) -> "Standardiser":
        """Fitted to ``vectors``; a set without spread is only centred."""
        mean = vectors.mean(axis=0)
        spread = float(np.sqrt(np.mean(np.square(vectors - mean))))
        return cls(mean, spread if spread > 0 else 1.0)

    def apply(
        self, vectors: Float32[np.ndarray, "*rows embed"]
    ) -> Float32[np.ndarray, "*rows embed"]:
        """Standardised vectors."""
        return (vectors - self.mean) / np.float32(self.scale)


def zero_shot_head(
    vectors: Float32[np.ndarray, "examples embed"],
    label_vectors: Float32[np.ndarray, "labels embed"],
    expected_share: Float32[np.ndarray, " labels"] | float,
) -> tuple[Float32[np.ndarray, "labels embed"], Float32[np.ndarray, " labels"]]:
    """A head that ranks the examples of each label just as zero-shot does.

    Each label's similarity is brought to the same spread and set off by the
    logit of its expected share of positives, so that a sigmoid reads it as a
    rough probability. It acts on whatever space ``vectors`` are in.
    """
    scores = vectors @ label_vectors.T
    spread = scores.std(axis=0)
    gain = np.where(spread > 0, SPREAD / np.maximum(spread, 1e-12), 0.0).astype(np.float32)
    weight = label_vectors * gain[:, None]
    share = np.clip(np.asarray(expected_share, dtype=np.float64), 1e-3, 0.5)
    bias = logit(share) - gain * scores.mean(axis=0)
    return weight.astype(np.float32), bias.astype(np.float32)
