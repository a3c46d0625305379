"""Labels as an examples × labels matrix of three states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int8

from components.errors import ArtefactError
from components.labels.states import ABSENT, PRESENT, UNKNOWN
from components.labels.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class LabelMatrix:
    """The state of every cell: +1 present, -1 absent, 0 unknown.

    Raises:
        ValueError: If the shape does not match or another value occurs.
    """

    example_ids: tuple[str, ...]
    vocabulary: Vocabulary
    states: Int8[np.ndarray, "examples labels"]

    def __post_init__(self) -> None:
        expected = (len(self.example_ids), len(self.vocabulary))
        if self.states.shape != expected:
            raise ValueError(f"states has shape {self.states.shape}, expected {expected}")
        if self.states.size and (self.states.min() < ABSENT or self.states.max() > PRESENT):
            raise ValueError("states may only hold -1, 0 and +1")

    @property
    def known(self) -> Bool[np.ndarray, "examples labels"]:
        """Which cells are present or absent."""
        return self.states != UNKNOWN

    @property
    def present(self) -> Bool[np.ndarray, "examples labels"]:
        """Which cells are present."""
        return self.states == PRESENT

    def select(self, ids: Sequence[str]) -> "LabelMatrix":
        """The rows of ``ids``, in that order."""
        rows = {example_id: row for row, example_id in enumerate(self.example_ids)}
        missing = [example_id for example_id in ids if example_id not in rows]
        if missing:
            raise ArtefactError(
                f"{len(missing)} examples have no row of labels, {missing[0]!r} first."
            )
        chosen = np.array([rows[example_id] for example_id in ids], dtype=np.int64)
        return LabelMatrix(tuple(ids), self.vocabulary, self.states[chosen])
