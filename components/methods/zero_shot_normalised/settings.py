"""What can be set of zero-shot, normalised."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroShotNormalisedSettings(MethodSettings):
    """From how many names on an image's scores are compared with each other."""

    min_names: int = 10
    """With one name nothing would be left of a score, with two nothing but which is higher;
    the spread of ten is known to about a quarter. At least 3."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if self.min_names < 3:
            raise ValueError(f"min_names must be at least 3, got {self.min_names}")
