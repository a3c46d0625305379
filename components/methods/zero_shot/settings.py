"""What can be set of zero-shot."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroShotSettings(MethodSettings):
    """Nothing is trained, so nothing of it matters."""
