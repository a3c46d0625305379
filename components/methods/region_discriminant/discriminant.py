"""A Gaussian a name over region vectors, with one shared covariance, shrunk by a fixed share.

With scatter S of n vectors around the means of their names, d numbers each,

    Σ = (S + tr(S) / (n − 1) · I) / (n − 1 + d),    w_k = Σ⁻¹ μ_k,    b_k = −½ μ_kᵀ Σ⁻¹ μ_k.

So the covariance is shrunk towards a multiple of the identity with weight d / (n − 1 + d), as
PIAA does it (akang-wang/PIAA). Scores are less their mean over names: PIAA's softmax over
names is so flat (scores are divided by 500) that it does little else.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Discriminant:
    """Scores of a region for each name: ``x · weightᵀ + bias``; over fitted names they sum to 0."""

    weight: Float32[np.ndarray, "labels embed"]
    bias: Float32[np.ndarray, " labels"]
    fitted: Bool[np.ndarray, " labels"]
    """Names that a vector spoke for; weights of the others are 0."""

    def scores(
        self, vectors: Float32[np.ndarray, "rows embed"]
    ) -> Float32[np.ndarray, "rows labels"]:
        """Of names that were not fitted, −∞."""
        return np.where(self.fitted, vectors @ self.weight.T + self.bias, -np.inf)


def fitted_discriminant(
    vectors: Float32[np.ndarray, "rows embed"], label: Int64[np.ndarray, " rows"], num_labels: int
) -> Discriminant:
    """Fit it to vectors and the names that they speak for; every name is as likely as another."""
    num_rows, embed_dim = vectors.shape
    fitted = np.bincount(label, minlength=num_labels) > 0
    mean = _means(vectors, label, num_labels)
    scatter = np.zeros((embed_dim, embed_dim))
    for start in range(0, num_rows, _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        apart = vectors[rows] - mean[label[rows]]
        scatter += apart.T @ apart
    free = max(num_rows - 1, 1)
    trace = float(np.trace(scatter))
    # Where no name has two different vectors nothing spreads, and means alone tell names apart.
    covariance = (
        (scatter + trace / free * np.eye(embed_dim)) / (free + embed_dim)
        if trace > 1e-9 * num_rows
        else np.eye(embed_dim)
    )
    weight = np.linalg.solve(covariance, mean.T).T
    bias = -0.5 * np.einsum("kd,kd->k", weight, mean)
    weight -= weight[fitted].mean(axis=0) if fitted.any() else 0.0
    bias -= bias[fitted].mean() if fitted.any() else 0.0
    return Discriminant(
        (weight * fitted[:, None]).astype(np.float32),
        (bias * fitted).astype(np.float32),
        fitted,
    )


def kept_by_first_fit(
    vectors: Float32[np.ndarray, "rows embed"],
    label: Int64[np.ndarray, " rows"],
    first: Discriminant,
) -> tuple[Int64[np.ndarray, " kept"], Int64[np.ndarray, " kept"]]:
    """Rows that a second fit takes, and the names that they speak for then.

    A row goes to the name that the first fit finds most likely, and stays if its score is at
    least the mean plus one standard deviation of those that went there. A name that is left
    with none keeps the rows that it had.
    """
    best = np.empty(len(label), np.int64)
    score = np.empty(len(label), np.float64)
    for start in range(0, len(label), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        scores = first.scores(vectors[part])
        best[part], score[part] = scores.argmax(axis=1), scores.max(axis=1)
    rows: list[np.ndarray] = []
    names: list[np.ndarray] = []
    for name in np.flatnonzero(first.fitted):
        those = np.flatnonzero(best == name)
        if len(those):
            those = those[score[those] >= score[those].mean() + score[those].std()]
        kept = those if len(those) else np.flatnonzero(label == name)
        rows.append(kept)
        names.append(np.full(len(kept), name))
    return np.concatenate(rows), np.concatenate(names)


def _means(
    vectors: Float32[np.ndarray, "rows embed"], label: Int64[np.ndarray, " rows"], num_labels: int
) -> np.ndarray:
    """Of each name's vectors, in double precision; 0 of a name without any."""
    total = np.zeros((num_labels, vectors.shape[1]))
    np.add.at(total, label, vectors)
    return total / np.maximum(np.bincount(label, minlength=num_labels), 1)[:, None]
