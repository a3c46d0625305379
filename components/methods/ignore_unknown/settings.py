"""What can be set of ignore-unknown."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class IgnoreUnknownSettings(MethodSettings):
    """How far it may leave zero-shot."""
