"""Logistic regression with a ridge, over cells that arrive in blocks.

The blocks are asked for anew at every step, so that the features of all cells
never stand in memory together. Features are standardised inside, and the ridge
acts on the standardised coefficients; the intercept carries none.

Source: Hosmer and Lemeshow, "Applied Logistic Regression", 2000, chapter 1;
le Cessie and van Houwelingen, "Ridge Estimators in Logistic Regression", 1992.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy.special import expit

from components.errors import InputError

_MAX_STEPS = 60
_TOLERANCE = 1e-7

Block = tuple[Float32[np.ndarray, "cells features"], Bool[np.ndarray, " cells"]]
Blocks = Callable[[], Iterator[Block]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RidgeLogistic:
    """Log-odds = intercept + Σ coefficient · (feature − centre) / spread."""

    intercept: float
    coefficients: Float[np.ndarray, " features"]
    centre: Float[np.ndarray, " features"]
    spread: Float[np.ndarray, " features"]

    def contributions(
        self, features: Float32[np.ndarray, "*cells features"]
    ) -> Float32[np.ndarray, "*cells features"]:
        """What each feature adds to the log-odds; with the intercept they sum to it."""
        slope = (self.coefficients / self.spread).astype(np.float32)
        return (features - self.centre.astype(np.float32)) * slope

    def log_odds(
        self, features: Float32[np.ndarray, "*cells features"]
    ) -> Float32[np.ndarray, "*cells"]:
        """Log-odds of presence."""
        slope = self.coefficients / self.spread
        offset = np.float32(self.intercept - slope @ self.centre)
        return features @ slope.astype(np.float32) + offset


def fit_ridge_logistic(blocks: Blocks, *, ridge: float) -> RidgeLogistic:
    """Newton's method; a step that does not lower the loss is halved.

    Args:
        blocks: Each call goes through the same cells again.
        ridge: Precision of the Gaussian prior around 0; above 0.

    Raises:
        InputError: If the cells do not hold both signs.
    """
    if ridge <= 0:
        raise ValueError(f"ridge must be above 0, got {ridge}")
    centre, spread = _moments(blocks)
    penalty = np.full(len(centre) + 1, ridge)
    penalty[0] = 0.0
    current = np.zeros_like(penalty)
    loss, gradient, curvature = _evaluate(blocks, current, centre, spread, penalty)
    for _ in range(_MAX_STEPS):
        step = np.linalg.solve(curvature, gradient)
        for halving in range(20):
            proposal = current - step * 0.5**halving
            new = _evaluate(blocks, proposal, centre, spread, penalty)
            if new[0] <= loss:
                break
        else:
            break
        gain, current, (loss, gradient, curvature) = loss - new[0], proposal, new
        if gain <= _TOLERANCE * max(loss, 1.0):
            break
    return RidgeLogistic(
        intercept=float(current[0]), coefficients=current[1:], centre=centre, spread=spread
    )


def _moments(blocks: Blocks) -> tuple[np.ndarray, np.ndarray]:
    count, positives = 0, 0
    total: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0
    for features, truth in blocks():
        values = features.astype(np.float64)
        count += len(truth)
        positives += int(truth.sum())
        total = total + values.sum(axis=0)
        squares = squares + np.square(values).sum(axis=0)
    if not 0 < positives < count:
        raise InputError(
            f"Fitting needs known cells of both signs, got {positives} present and "
            f"{count - positives} absent; add labelled images, or count unknown cells as absent."
        )
    centre = np.asarray(total) / count
    variance = np.maximum(np.asarray(squares) / count - np.square(centre), 0.0)
    # Sums in double precision leave about 1e-12 of the square of a constant.
    flat = variance <= 1e-10 * np.square(centre) + 1e-20
    return centre, np.where(flat, 1.0, np.sqrt(variance))


def _evaluate(
    blocks: Blocks,
    current: np.ndarray,
    centre: np.ndarray,
    spread: np.ndarray,
    penalty: np.ndarray,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Loss, gradient and second derivative at ``current``."""
    loss = float(penalty @ np.square(current)) / 2
    gradient = penalty * current
    curvature = np.diag(penalty)
    for features, truth in blocks():
        x = np.empty((len(truth), len(current)))
        x[:, 0] = 1.0
        x[:, 1:] = (features - centre) / spread
        z = x @ current
        p = expit(z)
        loss += float((np.logaddexp(0, z) - truth * z).sum())
        gradient = gradient + x.T @ (p - truth)
        curvature = curvature + (x * (p * (1 - p))[:, None]).T @ x
    return loss, gradient, curvature
