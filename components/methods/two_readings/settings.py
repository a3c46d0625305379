"""What can be set of two readings."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoReadingsSettings(MethodSettings):
    """How much the best region counts."""

    regions: float = 0.5
    """Share of the best region; the whole image has the rest. In [0, 1]."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if not 0 <= self.regions <= 1:
            raise ValueError(f"regions must be in [0, 1], got {self.regions}")
