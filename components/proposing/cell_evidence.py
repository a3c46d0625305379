"""What speaks for a cell beside the method's own score, as numbers that are the same for all labels.

To the features of :mod:`components.labelers.evidence_features` come those of the most certain
region, and both readings normalised within the picture: a picture that resembles every name
resembles none in particular (after SPARC, kjmillerCURIS/SPARC).

===================  ==============================================================
``similarity``       cosine of picture and name, in standard deviations of the label
``log_softmax``      logarithm of the softmax over the names
``prior``            log-odds of the label among the images
``prototype``        cosine with the label's known examples and its name
``in_picture``       ``similarity``, in standard deviations within the picture
``region``           the best region's cosine, in standard deviations of the label
``region_in_picture``  the same within the picture
===================  ==============================================================
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int8

from components.labelers.cooccurrence import LabelStatistics
from components.labelers.evidence_features import EvidenceFeatures, FeatureName
from components.labels.states import ABSENT, PRESENT
from components.models.images import Regions
from components.training.task import Names

WHOLE: tuple[FeatureName, ...] = ("similarity", "log_softmax", "prior", "prototype")
MOST_IMAGES = 16_384
"""Training images that the evidence is measured on; of more, a part evenly taken."""
_REGION_IMAGES = 2048
_AT_ONCE = 256
_TEXT_WEIGHT = 20.0
_CONTEXT_STRENGTH = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CellEvidence:
    """Measured on training images; describes the cells of any others."""

    whole: EvidenceFeatures
    region_mean: Float32[np.ndarray, " labels"] | None
    """Of the best region's cosine; None without regions."""
    region_spread: Float32[np.ndarray, " labels"] | None

    @classmethod
    def fit(
        cls,
        vectors: Float32[np.ndarray, "examples embed"],
        regions: Regions | None,
        states: Int8[np.ndarray, "examples labels"],
        names: Names,
    ) -> "CellEvidence":
        """Measure on training images; only ``prior`` and ``prototype`` read their labels.

        Where no cell is known to be absent, the prior is how often each label was written down.
        """
        some = _evenly(len(vectors), MOST_IMAGES)
        vectors, states = vectors[some], states[some]
        counted = (
            states if (states == ABSENT).any() else np.where(states == PRESENT, PRESENT, ABSENT)
        )
        whole = EvidenceFeatures.fit(
            WHOLE,
            vectors,
            states,
            names.vectors,
            temperature=names.temperature,
            statistics=_shares(counted.astype(np.int8)),
            context_strength=_CONTEXT_STRENGTH,
            text_weight=_TEXT_WEIGHT,
        )
        mean = spread = None
        if regions is not None:
            rows = some[_evenly(len(some), _REGION_IMAGES)]
            best = np.concatenate(
                [
                    _best_region(regions[rows[start : start + _AT_ONCE]], names.vectors)
                    for start in range(0, len(rows), _AT_ONCE)
                ]
            )
            mean, spread = best.mean(axis=0), best.std(axis=0)
            spread = np.where(spread < 1e-6, np.float32(1), spread)
        return cls(whole=whole, region_mean=mean, region_spread=spread)

    def of(
        self,
        vectors: Float32[np.ndarray, "rows embed"],
        regions: Float32[np.ndarray, "rows regions embed"] | None,
    ) -> Float32[np.ndarray, "rows labels features"]:
        """The evidence for every cell of some images that were not measured on."""
        nothing = np.zeros((len(vectors), len(self.whole.label_vectors)), bool)
        whole = self.whole.of(vectors, nothing)
        found = [whole, _in_picture(whole[..., 0])[..., None]]
        if self.region_mean is not None and regions is not None:
            best = _best_region(regions, self.whole.label_vectors)
            standard = (best - self.region_mean) / self.region_spread
            found += [standard[..., None], _in_picture(standard)[..., None]]
        return np.concatenate(found, axis=2)


def _shares(states: Int8[np.ndarray, "examples labels"]) -> LabelStatistics:
    """Counts of single labels; which labels come together is not read here."""
    num_labels = states.shape[1]
    counts = LabelStatistics.of(states[:0])
    known = (states != 0).sum(axis=0).astype(np.float32)
    positives = (states == PRESENT).sum(axis=0).astype(np.float32)
    none = np.zeros((num_labels, num_labels), np.float32)
    return replace(counts, positives=positives, known=known, together=none, exposure=none)


def _best_region(
    regions: Float[np.ndarray, "rows regions embed"],
    names: Float32[np.ndarray, "labels embed"],
) -> Float32[np.ndarray, "rows labels"]:
    values = regions.astype(np.float32)
    lengths = np.linalg.norm(values, axis=2, keepdims=True)
    values /= np.maximum(lengths, np.float32(1e-12))
    return (values @ names.T).max(axis=1)


def _in_picture(values: Float32[np.ndarray, "rows labels"]) -> Float32[np.ndarray, "rows labels"]:
    spread = values.std(axis=1, keepdims=True)
    return (values - values.mean(axis=1, keepdims=True)) / np.where(spread < 1e-6, 1, spread)


def _evenly(count: int, most: int) -> np.ndarray:
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(np.int64)
