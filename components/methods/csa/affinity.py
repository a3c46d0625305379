"""How much labels belong together: by the images they share, and by their names.

methods.md, section 2:

    S_kl = ½ (P(k | l) + P(l | k))          from known positives, zero diagonal
    S ← ω S + (1 − ω) · relu⟨t_k, t_l⟩      ω = n / (n + 200)

Ours: n counts images that show a pair, with two known positives or more, since others
say nothing about pairs; P(k | l) counts only images where k is known; texts lose their
mean, which all labels share; each label keeps its nearest names only, so that S stays
sparse for vocabularies of thousands. A label that is then still alone is tied to its
nearest name by ε.
"""

import numpy as np
from jaxtyping import Float, Float32, Int8
from scipy import sparse

from components.labels.states import PRESENT, UNKNOWN

IMAGES_FOR_HALF = 200.0
"""Images with a pair at which co-occurrence counts as much as names."""
NEAREST_NAMES = 32
EPSILON = 1e-3
_LABELS_AT_ONCE = 256
_ROWS_AT_ONCE = 4096


def affinity(
    states: Int8[np.ndarray, "examples labels"],
    texts: Float32[np.ndarray, "labels embed"],
    *,
    images_for_half: float = IMAGES_FOR_HALF,
    nearest_names: int = NEAREST_NAMES,
) -> sparse.csr_array:
    """S: symmetric, at least 0, zero diagonal, labels × labels.

    Args:
        states: Known cells.
        texts: Unit vector of each label.
        images_for_half: Above 0; the larger, the more names count.
        nearest_names: Names kept of each label; at least 1.
    """
    pairs = int(((states == PRESENT).sum(axis=1) > 1).sum())
    omega = pairs / (pairs + images_for_half)
    names = name_affinity(texts, nearest_names)
    blended = omega * co_occurrence(states) + (1 - omega) * names.maximum(0)
    return _tied(sparse.csr_array(blended), names)


def co_occurrence(states: Int8[np.ndarray, "examples labels"]) -> sparse.csr_array:
    """½(P(k | l) + P(l | k)) over known positives; 0 for pairs never seen."""
    present = sparse.csr_array(states == PRESENT, dtype=np.float32)
    blocks = []
    for start in range(0, states.shape[1], _LABELS_AT_ONCE):
        block = sparse.csr_array(present[:, start : start + _LABELS_AT_ONCE])
        together = sparse.coo_array(block.T @ present)
        exposure = _exposure(block, states)[together.row, together.col]
        chance = together.data / np.maximum(exposure, 1)
        blocks.append(
            sparse.coo_array((chance, (together.row, together.col)), shape=together.shape)
        )
    given = sparse.csr_array(sparse.vstack(blocks))
    given.setdiag(0)
    return sparse.csr_array((given + given.T) / 2)


def _exposure(
    block: sparse.csr_array, states: Int8[np.ndarray, "examples labels"]
) -> Float[np.ndarray, "block labels"]:
    """Images where a label of the block is present and another is known."""
    total = np.zeros((len(block.sum(axis=0)), states.shape[1]), np.float32)
    for start in range(0, len(states), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        some = sparse.csr_array(block[rows])
        used = np.flatnonzero(np.diff(some.indptr))
        total += some[used].T @ (states[rows][used] != UNKNOWN).astype(np.float32)
    return total


def name_affinity(
    texts: Float32[np.ndarray, "labels embed"], nearest: int = NEAREST_NAMES
) -> sparse.csr_array:
    """Cosines of names without their mean, the nearest of each label; may be below 0."""
    num_labels = len(texts)
    kept = min(nearest, num_labels - 1)
    if kept < 1:
        return sparse.csr_array((num_labels, num_labels), dtype=np.float32)
    centred = texts - texts.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    blocks = []
    for start in range(0, num_labels, _LABELS_AT_ONCE):
        cosines = centred[start : start + _LABELS_AT_ONCE] @ centred.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -np.inf
        places = np.argpartition(-cosines, kept - 1, axis=1)[:, :kept]
        values = np.take_along_axis(cosines, places, axis=1)
        index = (np.repeat(rows, kept), places.ravel())
        blocks.append(sparse.coo_array((values.ravel(), index), shape=cosines.shape))
    found = sparse.csr_array(sparse.vstack(blocks))
    # A pair counts if either finds the other; both directions hold the same cosine.
    mutual = found.multiply(found.T != 0)
    return sparse.csr_array(found + found.T - mutual)


def _tied(blended: sparse.csr_array, names: sparse.csr_array) -> sparse.csr_array:
    """Labels without any affinity, tied to the nearest name by ε."""
    degree = np.asarray(blended.sum(axis=1)).ravel()
    alone = np.flatnonzero(degree <= 0)
    if not len(alone) or len(degree) < 2:
        return blended
    nearest = [_nearest(names, label) for label in alone.tolist()]
    ties = sparse.coo_array((np.full(len(alone), EPSILON), (alone, nearest)), shape=blended.shape)
    return sparse.csr_array(blended.maximum(ties).maximum(ties.T))


def _nearest(names: sparse.csr_array, label: int) -> int:
    row = slice(names.indptr[label], names.indptr[label + 1])
    if row.start == row.stop:
        return 1 if label == 0 else 0
    return int(names.indices[row][np.argmax(names.data[row])])
