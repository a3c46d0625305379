"""What can be set of CSA."""

from dataclasses import dataclass
from typing import Literal

from components.training.settings import MethodSettings

Policy = Literal["cap", "f_beta"]
Weighting = Literal["uniform", "confidence", "calibrated"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CSASettings(MethodSettings):
    """Terms of the loss, teacher, contexts and prompts (see recipe.py)."""

    unknown_weight: float = 1.0
    """λ_u; 0 leaves unknown cells out."""
    context_weight: float = 0.5
    """λ_c; 0 leaves contexts out, and nothing of them reaches the labels."""
    warm_up_epochs: int = 2
    """Epochs in which only known cells teach."""
    policy: Policy = "cap"
    """How thresholds of unknown cells are found."""
    beta: float = 0.5
    """Of F-beta, for the policy of that name."""
    expected_positives: float = 1.0
    """Labels in an image; only for labels without a known negative."""
    weighting: Weighting = "calibrated"
    """What a pseudo-label counts."""
    estimation_share: float = 0.2
    """Of labelled images, kept apart for calibrated weights."""
    keep: Literal["teacher", "student"] = "teacher"
    """Which of the two becomes the tagger."""
    decay: float = 0.99
    """Of the teacher's average."""
    region_dropout: float = 0.25
    """Share of regions left out of strong views; in [0, 1)."""
    noise: float = 0.2
    """Of strong views, in standard deviations."""
    num_groups: int | None = None
    """Contexts; found where None."""
    images_for_half: float = 200.0
    """Images of several known labels from which what occurs together counts half, names half."""
    shuffle_contexts: int | None = None
    """Seed of the control whose contexts are dealt out at random."""
    whole: Literal["absent", "fixed", "trained"] = "fixed"
    """Class prompts on the whole image: none, as zero-shot, or learned."""
    hidden: int = 64
    """Width of the layer that reads contexts."""
    rate: float = 1 / 3
    """Of the schedule's learning rate."""
    prompts: Literal["residual", "tokens"] = "residual"
    """Of regions. residual: free vectors, from the text of each label; tokens: learned words
    before its name, through the frozen text tower."""
    num_tokens: int | None = None
    """Learned words a prompt; None takes as many as the template has (then the start is
    zero-shot); the description says 16."""
    shared_tokens: bool = False
    """Whether all labels learn the same words."""
    token_rate: float = 1 / 3
    """Of the schedule's learning rate, for tokens."""
    gamma_positive: float = 0.0
    """Of the asymmetric loss; at least 0. All three at 0, which is cross-entropy, did better
    on hold-outs than 0, 4, 0.05 of the protocol of the same laboratory."""
    gamma_negative: float = 0.0
    """Of the asymmetric loss; at least 0."""
    clip: float = 0.0
    """Absent cells below this probability cost nothing; in [0, 1)."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        rates = (self.rate, self.token_rate)
        if min(self.unknown_weight, self.context_weight, self.noise, *rates) < 0:
            raise ValueError("weights, noise and rates must be at least 0")
        if min(self.region_dropout, self.estimation_share, self.decay) < 0:
            raise ValueError("region_dropout, estimation_share and decay must be at least 0")
        if max(self.region_dropout, self.estimation_share, self.decay) >= 1:
            raise ValueError("region_dropout, estimation_share and decay must be below 1")
        if min(self.gamma_positive, self.gamma_negative) < 0 or not 0 <= self.clip < 1:
            raise ValueError("gammas must be at least 0 and clip in [0, 1)")
