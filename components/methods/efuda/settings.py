"""What can be set of Efuda's own recipe."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class EfudaSettings(MethodSettings):
    """Settings of the loss; the pull on label k is ``pull`` ÷ (known positives of k + 1)."""

    unknown_weight: float = 0.3
    """What an unknown cell counts as an absent one, for labels without a known absence;
    in [0, 1]."""
    averaging: float = 0.99
    """Of the running mean over steps; in [0, 1), 0 keeps the last step."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if not 0 <= self.unknown_weight <= 1 or not 0 <= self.averaging < 1:
            raise ValueError("unknown_weight must be in [0, 1] and averaging in [0, 1)")
