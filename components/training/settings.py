"""The schedule that all methods share, and what each lets people set: how it changes that."""

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How long and how fast; shared by all methods that are compared."""

    epochs: int
    batch_size: int
    learning_rate: float
    pull: float = 0.0
    """Of each epoch's steps towards the initial weights."""
    min_steps: int = 8
    """Of an epoch; a handful of images is passed through several times."""
    checkpoint_every: int = 10
    precision: str = "float32"
    """Of the forward pass: float32, bfloat16 or float16."""
    device: str = "cpu"

    @property
    def shaping(self) -> str:
        """All that results depend on: not where they are computed, nor how often saved."""
        return repr(replace(self, checkpoint_every=1, device="cpu"))


RegionUse = Literal["none", "optional", "required"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reads:
    """What a method reads beside whole-image vectors and known cells."""

    regions: RegionUse = "none"
    captions: bool = False
    unlabelled: bool = False
    """Whether images without any known cell teach it something."""
    proposals: bool = False
    """Whether it labels unknown cells itself before training; they stay inside it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodSettings:
    """One attempt of a method: its settings, and how long and freely it trains."""

    pull: float = 0.0
    """Weight decay towards where training starts, which is zero-shot; at least 0."""
    most_epochs: int | None = None
    """Of the shared schedule's; None takes them all."""
    most_images: int | None = None
    """Of a batch; None takes the shared size."""
    learning_rate: float | None = None
    """None takes the shared one."""

    def __post_init__(self) -> None:
        if self.pull < 0:
            raise ValueError(f"pull must be at least 0, got {self.pull}")
        if self.most_epochs is not None and self.most_epochs < 1:
            raise ValueError(f"most_epochs must be at least 1, got {self.most_epochs}")
        if self.most_images is not None and self.most_images < 1:
            raise ValueError(f"most_images must be at least 1, got {self.most_images}")
        if self.learning_rate is not None and self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")

    def schedule(self, shared: Schedule) -> Schedule:
        """The shared schedule as this attempt follows it."""
        return replace(
            shared,
            epochs=min(shared.epochs, self.most_epochs or shared.epochs),
            batch_size=min(shared.batch_size, self.most_images or shared.batch_size),
            learning_rate=self.learning_rate or shared.learning_rate,
            pull=self.pull,
        )
