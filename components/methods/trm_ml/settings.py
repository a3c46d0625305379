"""What can be set of TRM-ML."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class TRMMLSettings(MethodSettings):
    """Terms of the loss (see recipe.py); the defaults are the reconstruction's."""

    proposal_weight: float = 0.5
    """w; 0 leaves unknown cells out."""
    contrast_weight: float = 0.1
    """λ_c."""
    distillation_weight: float = 0.01
    """λ_k."""
    theta: float = 0.5
    """Confidence from which an unknown cell is taken as present; above theta_negative, at most 1."""
    theta_negative: float = 0.01
    """Confidence below which it is taken as absent; at least 0."""
    temperature_factor: float = 2.0
    """τ_p in temperatures of the encoder."""
    warm_up_epochs: int = 2
    """Epochs in which only known cells teach."""
    contrast_temperature: float = 0.2
    """Of the contrast between regions and prototypes; above 0."""
    contrast_vectors: int = 512
    """Regions of a batch that the contrast sees at most."""
    gamma_positive: float = 1.0
    """Of the asymmetric loss; at least 0."""
    gamma_negative: float = 2.0
    """Of the asymmetric loss; at least 0."""
    clip: float = 0.05
    """Absent cells below this probability cost nothing; in [0, 1)."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if min(self.proposal_weight, self.contrast_weight, self.distillation_weight) < 0:
            raise ValueError("weights must be at least 0")
        if not 0 <= self.theta_negative < self.theta <= 1:
            raise ValueError("thetas must be 0 <= theta_negative < theta <= 1")
        if min(self.gamma_positive, self.gamma_negative) < 0 or not 0 <= self.clip < 1:
            raise ValueError("gammas must be at least 0 and clip in [0, 1)")
