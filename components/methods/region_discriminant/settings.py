"""What can be set of the region discriminant."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionDiscriminantSettings(MethodSettings):
    """As published, as far as it can be: PIAA sets its temperatures for each data set."""

    certain: int = 512
    """Most regions that speak for a name; at least 1."""
    regions: float = 0.9
    """Share of the best region; the whole image has the rest. In [0, 1]."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if self.certain < 1:
            raise ValueError(f"certain must be at least 1, got {self.certain}")
        if not 0 <= self.regions <= 1:
            raise ValueError(f"regions must be in [0, 1], got {self.regions}")
