"""What a fit reads, as arrays in memory."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int8


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSet:
    """Frozen vectors of each view, known cells and proposals."""

    views: Float32[np.ndarray, "views examples embed"]
    states: Int8[np.ndarray, "examples labels"]
    proposals: Int8[np.ndarray, "examples labels"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdout:
    """What the best epoch is chosen on; never the test split."""

    vectors: Float32[np.ndarray, "examples embed"]
    truth: Bool[np.ndarray, "examples labels"]
    known: Bool[np.ndarray, "examples labels"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How long and how fast; the same for every recipe that is compared."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    """Pull of each epoch's steps towards the initial weights."""
    checkpoint_every: int = 10
    precision: str = "float32"
    """Of the forward pass: float32, bfloat16 or float16."""
    device: str = "cpu"
