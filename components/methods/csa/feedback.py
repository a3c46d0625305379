"""How strongly contexts should move labels: measured on images that taught neither.

On the images that a head learns from it needs no context any more; what contexts add to
an unseen image shows only on images kept apart. There, a logistic regression

    P(present) = σ(s · logit + a · h + c_k)

is fitted to all known cells. The strength is (a − its standard error) / s, at least 0:
few images vouch for little, and contexts that mean nothing pass on nothing. Each label has an intercept c_k of
its own, since it is the order of images that contexts are to change, not how frequent
labels look.
"""

import numpy as np
from jaxtyping import Float, Int, Int8
from scipy.optimize import minimize
from scipy.special import expit

from components.labels.states import ABSENT, PRESENT, UNKNOWN

MOST = 5.0
_SHRINKING = 0.5
"""Of a and of intercepts, in nats at 1: a handful of cells moves nothing."""


def feedback_strength(
    logits: Float[np.ndarray, "examples labels"],
    contexts: Float[np.ndarray, "examples labels"],
    states: Int8[np.ndarray, "examples labels"],
) -> float:
    """Strength in [0, 5]; 0 where no cell is known to be absent, or none to be present.

    Args:
        logits: Of labels, without contexts.
        contexts: Logit of each label's context.
        states: Known cells.
    """
    if not (states == PRESENT).any() or not (states == ABSENT).any():
        return 0.0
    rows, labels = np.nonzero(states != UNKNOWN)
    centred = contexts - contexts.mean(axis=0)
    columns = np.stack([logits[rows, labels], centred[rows, labels]]).astype(np.float64)
    present = (states[rows, labels] == PRESENT).astype(np.float64)
    shrinking = np.concatenate([[0.0, _SHRINKING], np.full(states.shape[1], _SHRINKING)])

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        reached = values[:2] @ columns + values[2:][labels]
        total = np.logaddexp(0, reached).sum() - present @ reached
        wrong = expit(reached) - present
        slope = np.concatenate(
            [columns @ wrong, np.bincount(labels, weights=wrong, minlength=states.shape[1])]
        )
        return (
            float(total + shrinking @ values**2),
            slope + 2 * shrinking * values,
        )

    start = np.concatenate([[1.0, 0.0], np.zeros(states.shape[1])])
    bounds = [(1e-3, None), (0.0, None)] + [(None, None)] * states.shape[1]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    chance = expit(found[:2] @ columns + found[2:][labels])
    error = _standard_error(columns, labels, chance * (1 - chance), states.shape[1])
    return float(np.clip((found[1] - error) / found[0], 0.0, MOST))


def _standard_error(
    columns: Float[np.ndarray, "two cells"],
    labels: Int[np.ndarray, " cells"],
    weight: Float[np.ndarray, " cells"],
    num_labels: int,
) -> float:
    """Of a, from the curvature of the loss once each label's intercept is settled."""
    total = np.bincount(labels, weights=weight, minlength=num_labels) + 2 * _SHRINKING
    cross = [np.bincount(labels, weights=weight * each, minlength=num_labels) for each in columns]
    curvature = (weight * columns) @ columns.T - (np.stack(cross) / total) @ np.stack(cross).T
    curvature += np.diag([1e-9, 2 * _SHRINKING])
    return float(np.sqrt(np.linalg.inv(curvature)[1, 1]))
