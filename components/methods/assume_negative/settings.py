"""What can be set of assume-negative."""

from dataclasses import dataclass

from components.training.settings import MethodSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class AssumeNegativeSettings(MethodSettings):
    """How far it may leave zero-shot."""
