"""What a fit reads, as arrays: in memory, or mapped from disk."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int8, Int64, Num
from torch import Tensor

from components.models.prompt_tokens import Prompter
from components.models.regions import Regions


@runtime_checkable
class Pictures(Protocol):
    """The images themselves, for an encoder that learns too; read when asked for."""

    def pixels(
        self, rows: Int64[np.ndarray, " rows"], views: Int64[np.ndarray, " rows"] | None = None
    ) -> Num[Tensor, "rows 3 height width"]:
        """As the encoder's image tower takes them; of the first view where none is named."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSet:
    """Frozen vectors of each view, known cells and proposals."""

    views: Float32[np.ndarray, "views examples embed"]
    states: Int8[np.ndarray, "examples labels"]
    proposals: Int8[np.ndarray, "examples labels"]
    regions: tuple[Regions, ...] = ()
    """One a view, or none at all."""
    weights: Float32[np.ndarray, "examples labels"] | None = None
    """How much each proposal counts, in [0, 1]; all count fully where None."""
    pictures: Pictures | None = None
    """Only where the encoder learns too."""

    def __post_init__(self) -> None:
        if self.regions and len(self.regions) != len(self.views):
            raise ValueError(f"regions of {len(self.regions)} views for {len(self.views)} views")

    @property
    def taught_rows(self) -> Int64[np.ndarray, " rows"]:
        """Images of which at least one cell is known or proposed; all, if there is none."""
        taught = (self.states != 0).any(axis=1) | (self.proposals != 0).any(axis=1)
        return np.flatnonzero(taught) if taught.any() else np.arange(len(taught))


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdout:
    """What the best epoch is chosen on; never the test split."""

    vectors: Float32[np.ndarray, "examples embed"]
    truth: Bool[np.ndarray, "examples labels"]
    known: Bool[np.ndarray, "examples labels"]
    regions: Regions | None = None
    pictures: Pictures | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The label names as the encoder sees them."""

    vectors: Float32[np.ndarray, "labels embed"]
    """Unit length."""
    temperature: float = field(default=0.01)
    """Softmax temperature natural to this encoder's cosines; above 0. CLIP's by default."""
    prompter: Prompter | None = None
    """The text tower, for prompts that are learned as tokens; loaded only when asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How long and how fast; the same for every recipe that is compared."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    """Pull of each epoch's steps towards the initial weights."""
    min_steps: int = 8
    """Of an epoch; a handful of images is passed through several times."""
    checkpoint_every: int = 10
    precision: str = "float32"
    """Of the forward pass: float32, bfloat16 or float16."""
    device: str = "cpu"
