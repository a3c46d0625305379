"""Made-up images for tests of labelers, and cells of protocol ``proposals`` on them."""

import numpy as np

from bench.cell import Measured, cell_key, measure_cell
from bench.proposals.world import ProposalWorld
from bench.rows import Cell
from bench.world import World
from components.labelers.cooccurrence import LabelStatistics

LABELS, EMBED, IMAGES = 8, 12, 60


def made_world() -> ProposalWorld:
    """Images that are noisy sums of their labels' names, with label sets of 300 others."""
    rng = np.random.default_rng(3)
    names = _unit(rng.normal(size=(LABELS, EMBED)))
    truth = rng.random((IMAGES, LABELS)) < 0.4
    truth[np.arange(IMAGES), rng.integers(LABELS, size=IMAGES)] = True
    others = np.where(rng.random((300, LABELS)) < 0.4, 1, -1).astype(np.int8)
    return ProposalWorld(
        vectors=_unit(truth @ names + rng.normal(0, 0.25, (IMAGES, EMBED))),
        label_vectors=names,
        temperature=0.1,
        truth=truth,
        ids=tuple(str(n) for n in range(IMAGES)),
        names=tuple(f"thing {n}" for n in range(LABELS)),
        statistics=LabelStatistics.of(others),
        num_other_images=300,
    )


def measured(method: str, world: World, seed: int = 0) -> Measured:
    """A cell of the protocol, as the bench measures it."""
    cell = Cell(world="clip_vitb16", protocol="proposals", method=method, seed=seed)
    return measure_cell(cell, world, key=cell_key(cell, world, "code"), code="code")


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
