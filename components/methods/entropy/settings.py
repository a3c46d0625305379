"""What can be set of entropy."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class EntropySettings(MethodSettings):
    """The reward for uncertainty."""

    alpha: float = 0.1
    """Weight of the entropy reward; at least 0."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if self.alpha < 0:
            raise ValueError(f"alpha must be at least 0, got {self.alpha}")
