"""Rows of three methods on the same made-up images, one better than the next."""

import numpy as np

from bench.cell import Measured
from bench.cell_figures import score
from bench.rows import Cell, Row
from components.metrics.ranking import average_precision
from components.training.task import Holdout

NUM_IMAGES, NUM_LABELS = 30, 5


def truth_of() -> np.ndarray:
    """Images × labels, bool."""
    rng = np.random.default_rng(1)
    truth = rng.random((NUM_IMAGES, NUM_LABELS)) < 0.3
    truth[:, 0] = False  # a label without a test positive is left out
    return truth


def logits_of(method: str, seed: int) -> np.ndarray:
    """Of ``zero_shot``, ``ignore_unknown`` or ``efuda``."""
    rng = np.random.default_rng((len(method), seed))
    quality = {"zero_shot": 0.4, "ignore_unknown": 0.8, "efuda": 2.0}[method]
    return (quality * truth_of() + rng.normal(size=(NUM_IMAGES, NUM_LABELS))).astype(np.float32)


def holdout_of() -> Holdout:
    """A hold-out with the truth of the test images."""
    states = np.where(truth_of(), 1, -1).astype(np.int8)
    return Holdout.of(np.zeros((NUM_IMAGES, 1), np.float32), states)


def measured(method: str, seed: int, mask: str = "m") -> Measured:
    """A finished row with its draws."""
    logits = logits_of(method, seed)
    states = np.where(truth_of(), 1, -1).astype(np.int8)
    figures = score(logits, states, logits, holdout_of())
    row = Row(
        cell=Cell(world="cards", protocol="partial:0.5", method=method, seed=seed),
        key=f"{method}{seed}",
        code="c",
        split_hash="s",
        encoder="e",
        mask_hash=f"{mask}{seed}",
        metrics=figures.metrics,
    )
    return Measured(row=row, arrays={f"draws_{n}": d for n, d in figures.draws.items()})


def slow_map(logits: np.ndarray, counts: np.ndarray) -> float:
    """mAP of the images, each repeated as often as it counts."""
    rows = np.repeat(np.arange(NUM_IMAGES), counts.astype(int))
    values = average_precision(logits[rows], truth_of()[rows])
    return float(values[~np.isnan(values)].mean())
