"""How long and how fast training goes."""

from dataclasses import dataclass


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
