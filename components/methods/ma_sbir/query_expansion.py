"""Ours: a converted query moves towards the photographs it already points at.

Conversion by one vector a modality brings all sketches nearer to the photographs, but
not each to its own kind. The gallery says where photographs are: with N_k(q) the k
photographs of highest cosine,

    q ← norm(q + a · norm(Σ_{g ∈ N_k(q)} max(0, ⟨q, g⟩) g))         repeated

It is Rocchio's feedback (1971) with the first answers taken for right ones. It uses
the gallery's vectors alone: no label, no name, no other query.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueryExpansion:
    """How far queries move: ``num_neighbours`` k, ``strength`` a, ``num_steps``."""

    num_neighbours: int
    strength: float
    num_steps: int

    def __post_init__(self) -> None:
        """Refuse a move without neighbours, or backwards."""
        if self.num_neighbours < 1 or self.strength < 0 or self.num_steps < 0:
            raise ValueError(f"Neighbours must be 1 or more, the rest 0 or more; got {self}.")


def expand_queries(
    queries: Float[np.ndarray, "queries embed"],
    gallery: Float[np.ndarray, "photos embed"],
    expansion: QueryExpansion,
) -> Float[np.ndarray, "queries embed"]:
    """Queries of unit length, moved; the gallery's rows must be of unit length.

    Queries do not influence each other. A gallery smaller than k takes part whole.
    """
    k = min(expansion.num_neighbours, len(gallery))
    if k == 0:
        return queries
    moved = queries
    rows = np.arange(len(queries))[:, None]
    for _ in range(expansion.num_steps):
        scores = moved @ gallery.T
        nearest = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        weights = np.zeros_like(scores)
        weights[rows, nearest] = np.maximum(scores[rows, nearest], 0)
        moved = unit(moved + expansion.strength * unit(weights @ gallery))
    return moved


def unit(vectors: Float[np.ndarray, "rows embed"]) -> Float[np.ndarray, "rows embed"]:
    """Rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
