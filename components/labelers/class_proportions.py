"""CAP: each label is proposed as often as labelled images let one expect.

Source: Xie et al., "Class-Distribution-Aware Pseudo-Labeling for Semi-Supervised
Multi-Label Learning" (NeurIPS 2023), repository xiemk/SSMLL-CAP. Of the n unknown
cells of label k the ⌊η₊ π̂_k n⌋ with the highest scores become present and the
⌊η₋ (1 − π̂_k) n⌋ with the lowest absent, π̂_k being the share of positives among
labelled images. The paper's η₊ = η₋ = 1 names every cell; negatives are off here
unless asked for. It takes labelled and unlabelled images to be drawn alike.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Int, Int8

from components.labelers.proposals import Proposals, proposals_for_unknown
from components.labels.states import PRESENT, UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassProportions:
    """Settings; the shares come from :func:`positive_share` or from elsewhere."""

    name: Literal["cap"] = "cap"
    positive_part: float = 1.0
    """η₊, the surest part of the expected positives; at least 0."""
    negative_part: float = 0.0
    """η₋, the surest part of the expected negatives; in [0, 1]."""

    def __post_init__(self) -> None:
        if self.positive_part < 0:
            raise ValueError(f"positive_part must be at least 0, got {self.positive_part}")
        if not 0 <= self.negative_part <= 1:
            raise ValueError(f"negative_part must be in [0, 1], got {self.negative_part}")

    def propose(
        self,
        scores: Float32[np.ndarray, "examples labels"],
        known: Int8[np.ndarray, "examples labels"],
        share: Float[np.ndarray, " labels"],
    ) -> Proposals:
        """Proposals for unknown cells; of tied scores the earlier row goes first."""
        unknown = known == UNKNOWN
        places = places_among_unknown(scores, known)
        count = unknown.sum(axis=0)
        positive = unknown & (places < _floor(self.positive_part * share * count))
        num_negative = _floor(self.negative_part * (1 - share) * count)
        negative = unknown & (places >= count - num_negative)
        return proposals_for_unknown(known, positive, negative, scores)


def positive_share(states: Int8[np.ndarray, "examples labels"]) -> Float[np.ndarray, " labels"]:
    """Share of positives among the known cells of each label; 0 where none is known."""
    known = (states != UNKNOWN).sum(axis=0)
    return (states == PRESENT).sum(axis=0) / np.maximum(known, 1)


def places_among_unknown(
    scores: Float32[np.ndarray, "examples labels"],
    known: Int8[np.ndarray, "examples labels"],
) -> Int[np.ndarray, "examples labels"]:
    """Place of each unknown cell in its column, 0 for the highest score.

    Known cells get the places behind all unknown ones.
    """
    falling = np.where(known == UNKNOWN, -scores.astype(np.float64), np.inf)
    order = np.argsort(falling, axis=0, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(len(scores))[:, None], axis=0)
    return places


def _floor(values: Float[np.ndarray, " labels"]) -> Int[np.ndarray, " labels"]:
    # 3/10 · 10 is a hair below 3 in binary; the hair must not cost a proposal.
    return np.floor(values + 1e-9).astype(np.int64)
