"""Contexts: groups of labels that come together, by spectral clustering.

methods.md, section 2, item 2: L = I − D^{−½} S D^{−½}; the first K eigenvectors, rows
normalised; k-means with 20 restarts from a fixed seed. K lies where the gap between
eigenvalues is widest in [⌈√C/2⌉, ⌈2√C⌉], or is given.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int8, Int64
from scipy import sparse

from components.errors import InputError
from components.methods.csa.affinity import IMAGES_FOR_HALF, affinity

RESTARTS = 20
_DENSE_UP_TO = 600
"""Labels whose Laplacian is decomposed whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextModel:
    """The group of each label; groups are numbered by their first label."""

    groups: Int64[np.ndarray, " labels"]

    @property
    def num_groups(self) -> int:
        """Number of contexts; 0 only without labels."""
        return int(self.groups.max(initial=-1)) + 1

    @classmethod
    def fit(
        cls,
        states: Int8[np.ndarray, "examples labels"],
        texts: Float32[np.ndarray, "labels embed"],
        *,
        num_groups: int | None = None,
        images_for_half: float = IMAGES_FOR_HALF,
    ) -> "ContextModel":
        """Group the labels; the same arguments give the same groups.

        Args:
            states: Known cells; there may be none.
            texts: Unit vector of each label.
            num_groups: K; found by the gap of eigenvalues where None.
            images_for_half: See :mod:`components.methods.csa.affinity`.

        Raises:
            InputError: If K is not in 1 … number of labels.
        """
        num_labels = len(texts)
        if num_groups is not None and not 1 <= num_groups <= num_labels:
            raise InputError(
                f"num_groups is {num_groups} for {num_labels} labels; it must be between 1 and "
                "the number of labels. Leave it out to have it found."
            )
        if num_labels < 2 or num_groups == 1:
            return cls(groups=np.zeros(num_labels, np.int64))
        found = affinity(states, texts, images_for_half=images_for_half)
        most = num_groups or min(math.ceil(2 * math.sqrt(num_labels)), num_labels - 1)
        values, vectors = _first_eigenvectors(found, min(most + 1, num_labels))
        count = num_groups or widest_gap(values, num_labels)
        return cls(groups=_numbered(_k_means(vectors[:, :count], count)))

    def shuffled(self, seed: int) -> "ContextModel":
        """The control: labels dealt out to groups of the same sizes at random."""
        return ContextModel(groups=np.random.default_rng(seed).permutation(self.groups))


def widest_gap(eigenvalues: Float[np.ndarray, " first"], num_labels: int) -> int:
    """K in [⌈√C/2⌉, ⌈2√C⌉] with the widest gap after the K-th of rising eigenvalues."""
    least = math.ceil(math.sqrt(num_labels) / 2)
    gaps = np.diff(eigenvalues)[least - 1 : math.ceil(2 * math.sqrt(num_labels))]
    return least + int(np.argmax(gaps)) if len(gaps) else 1


def _first_eigenvectors(
    found: sparse.csr_array, count: int
) -> tuple[Float[np.ndarray, " first"], Float[np.ndarray, "labels first"]]:
    """Smallest eigenvalues of the Laplacian, rising, and their vectors."""
    degree = np.asarray(found.sum(axis=1)).ravel()
    root = sparse.diags_array(1 / np.sqrt(np.maximum(degree, 1e-12)))
    normal = root @ found.astype(np.float64) @ root
    if len(degree) <= _DENSE_UP_TO:
        values, vectors = np.linalg.eigh(normal.toarray())
    else:
        start = np.random.default_rng(0).normal(size=len(degree))
        values, vectors = sparse.linalg.eigsh(normal, k=count, which="LA", v0=start, tol=1e-6)
    order = np.argsort(-values, kind="stable")[:count]
    return 1 - values[order], vectors[:, order]


def _k_means(vectors: Float[np.ndarray, "labels first"], count: int) -> Int[np.ndarray, " labels"]:
    from sklearn.cluster import KMeans

    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = vectors / np.maximum(length, 1e-12)
    # scikit-learn's default is a word, from which its type is guessed.
    found = KMeans(count, n_init=RESTARTS, random_state=0)  # pyright: ignore[reportArgumentType]
    return found.fit_predict(rows)


def _numbered(groups: Int[np.ndarray, " labels"]) -> Int64[np.ndarray, " labels"]:
    """Groups renamed 0, 1, … by their first label."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)
