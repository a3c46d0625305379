"""What labels say of each other: a sparrow is a bird, and what is no bird is no sparrow.

A present child makes its ancestors present, an absent ancestor makes its descendants absent.
Known cells are never changed; where two of them contradict each other, nothing follows from
either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int8

from components.labels.meaning import Meaning
from components.labels.states import ABSENT, PRESENT, UNKNOWN

Conflict = tuple[int, int, int]
"""A row, the column of a present label, and that of an absent ancestor of it."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Every label with each of its ancestors, as pairs of columns; empty without parents.

    Example:
        >>> birds = hierarchy_of(("sparrow", "bird"), {"sparrow": Meaning(parents=("bird",))})
        >>> birds.implied(np.array([[1, 0], [0, -1]], np.int8)).tolist()
        [[0, 1], [-1, 0]]
    """

    pairs: tuple[tuple[int, int], ...]

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def conflicts(self, states: Int8[np.ndarray, "examples labels"]) -> list[Conflict]:
        """Present cells with an absent ancestor, by row."""
        found = [
            (int(row), child, parent)
            for child, parent in self.pairs
            for row in np.flatnonzero((states[:, child] == PRESENT) & (states[:, parent] == ABSENT))
        ]
        return sorted(found)

    def implied(
        self, states: Int8[np.ndarray, "examples labels"]
    ) -> Int8[np.ndarray, "examples labels"]:
        """States of unknown cells that follow from known ones; 0 elsewhere."""
        sure = states.copy()
        for row, child, parent in self.conflicts(states):
            sure[row, child] = sure[row, parent] = UNKNOWN
        follows = np.zeros_like(states)
        for child, parent in self.pairs:
            follows[sure[:, child] == PRESENT, parent] = PRESENT
            follows[sure[:, parent] == ABSENT, child] = ABSENT
        follows[states != UNKNOWN] = UNKNOWN
        return follows

    def outspoken(
        self,
        states: Int8[np.ndarray, "examples labels"],
        silent: Bool[np.ndarray, "examples labels"],
    ) -> Bool[np.ndarray, "examples labels"]:
        """Which cells are absent by silence alone although a descendant is present.

        Who writes *sparrow* does not write *bird* too: that silence says nothing.

        Args:
            states: Known cells.
            silent: Cells that are absent because the source does not mention them.
        """
        found = np.zeros_like(silent)
        for child, parent in self.pairs:
            found[:, parent] |= silent[:, parent] & (states[:, child] == PRESENT)
        return found

    def capped(
        self, probabilities: Float[np.ndarray, "examples labels"]
    ) -> Float[np.ndarray, "examples labels"]:
        """Probabilities of which none is above that of an ancestor."""
        if not self.pairs:
            return probabilities
        result = probabilities.copy()
        for child, parent in self.pairs:
            np.minimum(result[:, child], probabilities[:, parent], out=result[:, child])
        return result

    def closed(
        self, given: Bool[np.ndarray, "examples labels"]
    ) -> Bool[np.ndarray, "examples labels"]:
        """Tags with the ancestors of each."""
        if not self.pairs:
            return given
        result = given.copy()
        for child, parent in self.pairs:
            result[:, parent] |= given[:, child]
        return result


NO_PARENTS = Hierarchy(())


def hierarchy_of(names: Sequence[str], meanings: Mapping[str, Meaning]) -> Hierarchy:
    """All pairs of label and ancestor; the parents are labels and run in no circle."""
    columns = {name: column for column, name in enumerate(names)}
    pairs: set[tuple[int, int]] = set()
    for label in meanings:
        waiting = list(meanings[label].parents)
        while waiting:
            parent = waiting.pop()
            pair = columns[label], columns[parent]
            if pair not in pairs:
                pairs.add(pair)
                waiting.extend(meanings[parent].parents if parent in meanings else ())
    return Hierarchy(tuple(sorted(pairs)))
