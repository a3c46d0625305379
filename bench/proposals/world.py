"""What labelers may use of a world whose other images have label statistics."""

from dataclasses import dataclass

import numpy as np

from bench.world import World
from components.errors import InputError
from components.labelers.cooccurrence import LabelStatistics
from components.labels.states import PRESENT

MIN_LABELS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalWorld:
    """What a labeler may use, and the truth it is measured against."""

    vectors: np.ndarray
    """examples × embed, unit length."""
    label_vectors: np.ndarray
    temperature: float
    truth: np.ndarray
    """examples × labels, bool, complete."""
    ids: tuple[str, ...]
    names: tuple[str, ...]
    statistics: LabelStatistics
    """Of images that are not among the examples."""
    num_other_images: int

    @property
    def measured(self) -> np.ndarray:
        """Which images count: those with three labels or more."""
        return self.truth.sum(axis=1) >= MIN_LABELS


def proposal_world(world: World) -> ProposalWorld:
    """What labelers see of a world of the bench.

    Raises:
        InputError: If it has no label statistics of other images.
    """
    if world.statistics is None:
        raise InputError(f"world {world.name} has no label statistics of other images")
    images = world.parts["test"]
    return ProposalWorld(
        vectors=np.array(images.views[0]),
        label_vectors=world.names.vectors,
        temperature=float(world.names.temperature),
        truth=images.states == PRESENT,
        ids=images.ids,
        names=world.vocabulary.names,
        statistics=world.statistics,
        num_other_images=int(world.statistics.known.max()),
    )
