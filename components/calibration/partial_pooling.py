"""A logistic curve for every label, each leaning on the others as far as they are alike.

A probability is ``sigmoid(slope * logit + intercept)``. The logarithm of the slope and the
intercept of a label are drawn from one normal distribution, whose mean and covariance are
estimated together with the curves: if the labels' curves differ little, a label with three
known positives is all but on the common curve; if they differ, it keeps more of its own.
Nothing is set by hand but where that estimate starts, which counts as three labels.

Source: empirical Bayes by expectation and maximisation with Laplace's approximation, as in
Gelman et al., "Bayesian Data Analysis", 3rd edition, chapters 5 and 13.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from components.calibration.scaling import Scaling

START_SPREAD = (0.3, 1.0)
"""Standard deviations of log slope and intercept over labels, on standardised logits."""
START_LABELS = 3.0
"""How many labels that start counts as."""

_MAX_ROUNDS = 40
_MAX_STEPS = 25
_LARGEST_STEP = 3.0
_TOLERANCE = 1e-4
_CELLS_AT_ONCE = 1 << 22


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cells:
    """Standardised logits of some labels, the truth, and what each cell counts."""

    x: Float[np.ndarray, "rows labels"]
    truth: Bool[np.ndarray, "rows labels"]
    weight: Float[np.ndarray, "rows labels"]


def fit_curves(
    logits: Float[np.ndarray, "rows labels"],
    truth: Bool[np.ndarray, "rows labels"],
    known: Bool[np.ndarray, "rows labels"],
    weights: Float[np.ndarray, " rows"] | None = None,
) -> Scaling:
    """Fit slopes and intercepts to the known cells.

    Slopes are always positive, so the ranking within a label never changes.

    Args:
        logits: Any real scores that rise with the chance of presence.
        truth: Whether the label is present; ignored where not known.
        known: Which cells count.
        weights: How much each row counts; 1 by default.

    Returns:
        The curves; slope 1 and intercept 0 throughout when the known cells do not hold both
        signs.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(4000, 2))
        >>> chance = 1 / (1 + np.exp(-(x * [1.0, 3.0] - 1)))
        >>> curves = fit_curves(x, rng.random(x.shape) < chance, np.ones(x.shape, bool))
        >>> np.round(curves.slope), np.round(curves.intercept)
        (array([1., 3.]), array([-1., -1.]))
    """
    num_labels = logits.shape[1]
    if not (truth & known).any() or not (~truth & known).any():
        return Scaling(slope=np.ones(num_labels), intercept=np.zeros(num_labels))
    counted = np.ones(len(logits)) if weights is None else weights
    values = logits[known].astype(float)
    centre, spread = float(values.mean()), float(values.std()) or 1.0
    cells = _Cells(
        x=np.where(known, (logits - centre) / spread, 0.0),
        truth=truth & known,
        weight=known * counted[:, None],
    )
    pair = _estimate(cells)
    slope = np.exp(pair[:, 0])
    return Scaling(slope=slope / spread, intercept=pair[:, 1] - slope * centre / spread)


def _estimate(cells: _Cells) -> Float[np.ndarray, "labels 2"]:
    """Log slope and intercept of each label."""
    num_labels = cells.x.shape[1]
    start = np.diag(np.square(START_SPREAD))
    mean, covariance = _pooled(cells), start
    pair = np.repeat(mean[None], num_labels, axis=0)
    for _ in range(_MAX_ROUNDS):
        pair, uncertain = _posterior(cells, mean, covariance, pair)
        before = np.concatenate([mean, covariance.ravel()])
        mean = pair.mean(axis=0)
        apart = pair - mean
        scatter = apart.T @ apart + uncertain + START_LABELS * start
        covariance = scatter / (num_labels + START_LABELS)
        if np.abs(np.concatenate([mean, covariance.ravel()]) - before).max() < _TOLERANCE:
            break
    return _posterior(cells, mean, covariance, pair)[0]


def _pooled(cells: _Cells) -> Float[np.ndarray, "2"]:
    """The one curve of all cells together, under a prior too wide to matter."""
    used = cells.weight > 0
    together = _Cells(
        x=cells.x[used][:, None],
        truth=cells.truth[used][:, None],
        weight=cells.weight[used][:, None],
    )
    return _modes(together, np.zeros(2), np.diag([4.0, 25.0]), np.zeros((1, 2)))[0][0]


def _posterior(
    cells: _Cells,
    mean: Float[np.ndarray, "2"],
    covariance: Float[np.ndarray, "2 2"],
    pair: Float[np.ndarray, "labels 2"],
) -> tuple[Float[np.ndarray, "labels 2"], Float[np.ndarray, "2 2"]]:
    """The best pair of each label, and the sum of their covariances; some labels at a time."""
    num_rows, num_labels = cells.x.shape
    step = max(1, _CELLS_AT_ONCE // max(num_rows, 1))
    found, uncertain = np.empty_like(pair), np.zeros((2, 2))
    for first in range(0, num_labels, step):
        some = slice(first, first + step)
        part = _Cells(x=cells.x[:, some], truth=cells.truth[:, some], weight=cells.weight[:, some])
        found[some], curvature = _modes(part, mean, covariance, pair[some])
        uncertain += np.linalg.inv(curvature).sum(axis=0)
    return found, uncertain


def _modes(
    cells: _Cells,
    mean: Float[np.ndarray, "2"],
    covariance: Float[np.ndarray, "2 2"],
    pair: Float[np.ndarray, "labels 2"],
) -> tuple[Float[np.ndarray, "labels 2"], Float[np.ndarray, "labels 2 2"]]:
    """Fisher scoring with halved steps, for all labels side by side."""
    precision = np.linalg.inv(covariance)
    loss = _loss(cells, mean, precision, pair)
    for _ in range(_MAX_STEPS):
        gradient, curvature = _slopes(cells, mean, precision, pair)
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        step = np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        moved, new_loss = _halved(cells, mean, precision, pair, step, loss)
        gain = loss - new_loss
        pair, loss = moved, new_loss
        if (gain <= 1e-3 * _TOLERANCE * np.maximum(loss, 1.0)).all():
            break
    return pair, _slopes(cells, mean, precision, pair)[1]


def _halved(
    cells: _Cells,
    mean: np.ndarray,
    precision: np.ndarray,
    pair: np.ndarray,
    step: np.ndarray,
    loss: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Each label's first step that does not make its loss worse; none where there is none."""
    size = np.ones(len(pair))
    candidate, new_loss = pair, loss
    for _ in range(12):
        candidate = pair - size[:, None] * step
        new_loss = _loss(cells, mean, precision, candidate)
        if (new_loss <= loss).all():
            break
        size = np.where(new_loss > loss, size / 2, size)
    worse = new_loss > loss
    return np.where(worse[:, None], pair, candidate), np.where(worse, loss, new_loss)


def _slopes(
    cells: _Cells, mean: np.ndarray, precision: np.ndarray, pair: np.ndarray
) -> tuple[Float[np.ndarray, "labels 2"], Float[np.ndarray, "labels 2 2"]]:
    scaled = np.exp(pair[:, 0]) * cells.x
    p = 1 / (1 + np.exp(-np.clip(scaled + pair[:, 1], -60, 60)))
    residual = cells.weight * (p - cells.truth)
    gradient = np.stack([(residual * scaled).sum(axis=0), residual.sum(axis=0)], axis=1)
    counted = cells.weight * p * (1 - p)
    curvature = np.empty((len(pair), 2, 2))
    curvature[:, 0, 0] = (counted * scaled**2).sum(axis=0)
    curvature[:, 0, 1] = curvature[:, 1, 0] = (counted * scaled).sum(axis=0)
    curvature[:, 1, 1] = counted.sum(axis=0)
    return gradient + (pair - mean) @ precision, curvature + precision


def _loss(
    cells: _Cells, mean: np.ndarray, precision: np.ndarray, pair: np.ndarray
) -> Float[np.ndarray, " labels"]:
    z = np.exp(pair[:, 0]) * cells.x + pair[:, 1]
    cross_entropy = (cells.weight * (np.logaddexp(0, z) - cells.truth * z)).sum(axis=0)
    apart = pair - mean
    return cross_entropy + np.einsum("ki,ij,kj->k", apart, precision, apart) / 2
