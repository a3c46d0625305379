"""What can be set of GPR."""

from dataclasses import dataclass, field

from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.methods.gpr.multi_crop import MultiCrop
from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """K and V (see loss.py) at one moment of training."""

    slope: float
    """w of K."""
    offset: float
    """b of K."""
    centre: float
    """μ of V."""
    width: float
    """σ of V; above 0."""

    def __post_init__(self) -> None:
        if self.width <= 0:
            raise ValueError(f"width must be above 0, got {self.width}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Annealing:
    """First and last K and V; the defaults are the published ones for COCO."""

    first: Belief = Belief(slope=0.0, offset=-2.0, centre=0.5, width=2.0)
    """At the start."""
    last: Belief = Belief(slope=10.0, offset=-8.0, centre=0.8, width=0.5)
    """At the end."""

    def at(self, epoch: int, epochs: int) -> Belief:
        """After ``epoch`` finished epochs of ``epochs``; later ones change nothing."""
        finished = min(epoch / epochs, 1.0)
        running = min((epoch + 1) / epochs, 1.0)
        first, last = self.first, self.last
        return Belief(
            slope=_between(first.slope, last.slope, finished),
            offset=_between(first.offset, last.offset, finished),
            centre=_between(first.centre, last.centre, running),
            width=_between(first.width, last.width, running),
        )


def _between(first: float, last: float, share: float) -> float:
    return first + (last - first) * share


@dataclass(frozen=True, kw_only=True, slots=True)
class CellSettings:
    """Settings of the loss of single cells; the defaults are the published ones."""

    q_present: float = 0.01
    """q2, above 0; near 0 it is −log p, at 1 it is 1 − p."""
    q_absent: float = 1.0
    """q3, above 0."""
    least_trust: float = 0.5
    """λ2, the least weight of a pseudo-positive; in [0, most_trust]."""
    most_trust: float = 0.7
    """λ1, the greatest."""
    smoothing: float = 0.9
    """ρ, the target of a pseudo-positive; in (0.5, 1]."""

    def __post_init__(self) -> None:
        if min(self.q_present, self.q_absent) <= 0:
            raise ValueError("q_present and q_absent must be above 0")
        if not 0 <= self.least_trust <= self.most_trust <= 1:
            raise ValueError("0 <= least_trust <= most_trust <= 1 must hold")
        if not 0.5 < self.smoothing <= 1:
            raise ValueError(f"smoothing must be in (0.5, 1], got {self.smoothing}")


@dataclass(frozen=True, kw_only=True, slots=True)
class GPRSettings(MethodSettings):
    """The loss, its annealing, and who labels unknown cells; defaults as published for COCO."""

    cells: CellSettings = field(default_factory=CellSettings)
    """What known and pseudo-labelled cells cost."""
    annealing: Annealing = field(default_factory=Annealing)
    """How belief in pseudo-labels moves while training."""
    annealing_epochs: int | None = None
    """Over which K and V move; None is as long as the training, as in the published settings."""
    expected_positives: float | None = None
    """n̄, labels in an image; None leaves the regulariser out."""
    regulariser: float = 0.001
    """Weight of the regulariser; at least 0."""
    labeler: MultiCrop | SoftmaxThreshold = field(default_factory=MultiCrop)
    """multi_crop reads regions in place of AEVLP's crops, softmax the whole image."""
    negatives: LabelwiseNegatives | None = None
    """In place of the labeler's own."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if self.annealing_epochs is not None and self.annealing_epochs < 1:
            raise ValueError(f"annealing_epochs must be at least 1, got {self.annealing_epochs}")
        if self.regulariser < 0 or (self.expected_positives or 0) < 0:
            raise ValueError("regulariser and expected_positives must be at least 0")
