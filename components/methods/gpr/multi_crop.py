"""AEVLP's combination of a whole image and its crops.

Source: the pseudo-labels of AEVLP (ICCV 2025), repository Fsoft-AIC/AEVLP. Whole
image and each crop of a grid get a softmax over labels. Where some crop sees a
label clearly (its highest score exceeds η) the crops' highest score counts, else
their lowest; the mean with the whole image's score is final, and at most
``top_k`` labels of an image that reach θ are proposed. η is ``eta``, or the whole
image's score of its observed positive where that is lower (of several observed
positives the highest, as in the code; without any it is ``eta``, where the code
falls to 0). Not taken over: the frozen random graph
network on text vectors, and "negatives" that the code then writes as unknown.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int8
from scipy.special import softmax

from components.errors import InputError
from components.labelers.proposals import Proposals, proposals_for_unknown
from components.labels.states import PRESENT


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiCrop:
    """Settings; the defaults are those published for COCO."""

    name: Literal["multi_crop"] = "multi_crop"
    theta: float = 0.5
    """In (0, 1); reached counts as passed."""
    eta: float = 0.3
    """In [0, 1)."""
    top_k: int = 3
    """At least 1."""

    def __post_init__(self) -> None:
        if not 0 < self.theta < 1:
            raise ValueError(f"theta must be in (0, 1), got {self.theta}")
        if not 0 <= self.eta < 1:
            raise ValueError(f"eta must be in [0, 1), got {self.eta}")
        if self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {self.top_k}")

    def scores(
        self,
        global_logits: Float32[np.ndarray, "examples labels"],
        crop_logits: Float32[np.ndarray, "examples crops labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Float32[np.ndarray, "examples labels"]:
        """Final scores in [0, 1], from cosines ÷ temperature."""
        if not crop_logits.shape[1]:
            raise InputError(
                "multi_crop needs scores of crops or regions, got none; embed regions or "
                "choose a labeler of whole images."
            )
        whole = softmax(global_logits, axis=1)
        crops = softmax(crop_logits, axis=2)
        observed = known == PRESENT
        seen = np.where(observed, whole, 0.0).max(axis=1, keepdims=True)
        limit = np.where(observed.any(axis=1, keepdims=True), np.minimum(seen, self.eta), self.eta)
        highest, lowest = crops.max(axis=1), crops.min(axis=1)
        local = np.where(highest > limit, highest, lowest)
        return ((whole + local) / 2).astype(np.float32)

    def propose(
        self,
        global_logits: Float32[np.ndarray, "examples labels"],
        crop_logits: Float32[np.ndarray, "examples crops labels"],
        known: Int8[np.ndarray, "examples labels"],
    ) -> Proposals:
        """Proposals for unknown cells; observed labels take places among the top."""
        scores = self.scores(global_logits, crop_logits, known)
        places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1, kind="stable")
        positive = (places < self.top_k) & (scores >= self.theta)
        return proposals_for_unknown(known, positive, np.zeros_like(positive), scores)
