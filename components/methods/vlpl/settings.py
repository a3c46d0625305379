"""What can be set of VLPL."""

from dataclasses import dataclass, field
from typing import Literal

from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.vlpl.calibrated_threshold import CalibratedThreshold
from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class VLPLSettings(MethodSettings):
    """Weights of the loss (see loss.py), and who labels unknown cells."""

    alpha: float = 0.1
    """Weight of the entropy reward on unknown cells; at least 0."""
    beta: float = 0.7
    """Weight of pseudo-positives; at least 0."""
    beta_negative: float = 0.0
    """Weight of pseudo-negatives; at least 0."""
    smoothing: float = 0.9
    """Target of a pseudo-positive; in (0.5, 1]."""
    labeler: SoftmaxThreshold | CalibratedThreshold = field(default_factory=SoftmaxThreshold)
    """softmax as published, or calibrated label by label on the hold-out."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if min(self.alpha, self.beta, self.beta_negative) < 0:
            raise ValueError("alpha, beta and beta_negative must be at least 0")
        if not 0.5 < self.smoothing <= 1:
            raise ValueError(f"smoothing must be in (0.5, 1], got {self.smoothing}")

    @classmethod
    def variant(cls, name: Literal["released", "paper"]) -> "VLPLSettings":
        """The recipe as its code was released, or as the paper's abstract describes it.

        ``released`` has no pseudo-negatives: their branch is commented out. ``paper`` has
        them, with the weight of pseudo-positives, which is our choice: the code sets it
        to 0 and no figure is given. Both need a labeler: softmax at θ = 0.3, for
        ``paper`` with a ``negative_share`` of 0.1 to 0.4.
        """
        return cls() if name == "released" else cls(beta_negative=0.7)
