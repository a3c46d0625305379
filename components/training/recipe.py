"""What the training loop is given: a method with one choice of its settings."""

from collections.abc import Callable
from dataclasses import dataclass, field

from components.training.learner import Learner
from components.training.settings import MethodSettings, Reads, Schedule
from components.training.task import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How to learn from labels of which some are unknown."""

    name: str
    """Of the method, in settings, artefacts and reports."""
    settings: MethodSettings
    reads: Reads
    build: Callable[[Task], Learner] = field(repr=False)
    """What is trained, at its start."""

    def schedule(self, shared: Schedule) -> Schedule:
        """The shared schedule as this attempt follows it."""
        return self.settings.schedule(shared)
