"""What speaks for a label on an image, as numbers a person can follow.

========================  =====================================================
``similarity``            cosine of image and name, in standard deviations of
                          that label over the fitted images
``log_softmax``           logarithm of VLPL's score (arXiv 2310.15985)
``rank``                  −log of the label's place in the image, the first is 0
``margin``                cosine below the image's best label, ÷ temperature
``prior``                 log-odds of the label among images in general
``prototype``             cosine with the label's prototype
``context``               log-odds moved by labels that the softmax gives 1 %
                          or more, each as far as it is believed
``observed_context``      log-odds moved by labels known to be present
========================  =====================================================
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8
from scipy.special import log_softmax, logit

from components.labelers.cooccurrence import LabelStatistics
from components.labelers.prototypes import Prototypes

FeatureName = Literal[
    "similarity",
    "log_softmax",
    "rank",
    "margin",
    "prior",
    "prototype",
    "context",
    "observed_context",
]
LEAST_BELIEF = 0.01
ALL_FEATURES: tuple[FeatureName, ...] = get_args(FeatureName)


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceFeatures:
    """Everything needed to describe the cells of new images."""

    names: tuple[FeatureName, ...]
    label_vectors: Float32[np.ndarray, "labels embed"]
    temperature: float
    similarity_mean: Float32[np.ndarray, " labels"]
    similarity_spread: Float32[np.ndarray, " labels"]
    statistics: LabelStatistics
    context_strength: float
    prototypes: Prototypes

    @classmethod
    def fit(
        cls,
        names: tuple[FeatureName, ...],
        vectors: Float32[np.ndarray, "examples embed"],
        states: Int8[np.ndarray, "examples labels"],
        label_vectors: Float32[np.ndarray, "labels embed"],
        *,
        temperature: float,
        statistics: LabelStatistics,
        context_strength: float,
        text_weight: float,
    ) -> "EvidenceFeatures":
        """Measure on the images what the features need of them."""
        mean, spread = _moments(vectors, label_vectors)
        return cls(
            names=names,
            label_vectors=label_vectors,
            temperature=temperature,
            similarity_mean=mean,
            similarity_spread=spread,
            statistics=statistics,
            context_strength=context_strength,
            prototypes=Prototypes.fit(vectors, states, label_vectors, text_weight=text_weight),
        )

    def of(
        self,
        vectors: Float32[np.ndarray, "examples embed"],
        observed: Bool[np.ndarray, "examples labels"],
        own_states: Int8[np.ndarray, "examples labels"] | None = None,
    ) -> Float32[np.ndarray, "examples labels features"]:
        """The features of every cell of some images.

        Args:
            vectors: Unit image vectors.
            observed: Cells known to be present, for ``observed_context``.
            own_states: For images the prototypes were fitted to, the states they
                were fitted with: each image is then left out of its own.
        """
        cosines = vectors @ self.label_vectors.T
        result = np.empty((*cosines.shape, len(self.names)), np.float32)
        for position, name in enumerate(self.names):
            result[..., position] = self._one(name, vectors, cosines, observed, own_states)
        return result

    def _one(
        self,
        name: FeatureName,
        vectors: Float32[np.ndarray, "examples embed"],
        cosines: Float32[np.ndarray, "examples labels"],
        observed: Bool[np.ndarray, "examples labels"],
        own_states: Int8[np.ndarray, "examples labels"] | None,
    ) -> Float[np.ndarray, "..."]:
        match name:
            case "similarity":
                return (cosines - self.similarity_mean) / self.similarity_spread
            case "log_softmax":
                return log_softmax(cosines / self.temperature, axis=1)
            case "rank":
                return -np.log1p(_places(cosines))
            case "margin":
                return (cosines - cosines.max(axis=1, keepdims=True)) / self.temperature
            case "prior":
                return logit(self.statistics.share)[None, :]
            case "prototype" if own_states is not None:
                return self.prototypes.similarity_without_own(vectors, own_states)
            case "prototype":
                return self.prototypes.similarity(vectors)
            case "context":
                believed = np.exp(log_softmax(cosines / self.temperature, axis=1))
                believed = np.where(believed >= LEAST_BELIEF, believed, np.float32(0))
                return self.statistics.expected_log_odds(believed, strength=self.context_strength)
            case "observed_context":
                return self.statistics.log_odds_from(observed, strength=self.context_strength)


def _moments(
    vectors: Float32[np.ndarray, "examples embed"],
    label_vectors: Float32[np.ndarray, "labels embed"],
) -> tuple[Float32[np.ndarray, " labels"], Float32[np.ndarray, " labels"]]:
    """Mean and spread of each label's cosine, without a matrix of all cosines."""
    centre = vectors.mean(axis=0)
    centred = vectors - centre
    covariance = centred.T @ centred / np.float32(len(vectors))
    variance = np.einsum("ld,de,le->l", label_vectors, covariance, label_vectors, optimize=True)
    spread = np.sqrt(np.maximum(variance, 0.0))
    flat = spread < 1e-6
    return label_vectors @ centre, np.where(flat, 1.0, spread).astype(np.float32)


def _places(cosines: Float32[np.ndarray, "examples labels"]) -> Float32[np.ndarray, "..."]:
    """How many labels of the image score higher; tied labels share a place."""
    ordered = np.sort(-cosines, axis=1)
    places = [np.searchsorted(row, -values) for row, values in zip(ordered, cosines, strict=True)]
    return np.array(places, np.float32).reshape(cosines.shape)
