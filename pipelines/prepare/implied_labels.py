"""What known cells imply by the vocabulary's parents, what they contradict, and what silence says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int8

from components.data.examples import Example, Quarantined
from components.data.quarantine_reasons import SourceReason
from components.labels.hierarchy import Hierarchy
from components.labels.states import UNKNOWN
from components.labels.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Implied:
    """Cells that follow from others: from what stages know, and from what was hidden besides."""

    known: Int8[np.ndarray, "examples labels"]
    hidden: Int8[np.ndarray, "examples labels"]


class Family:
    """The labels of a vocabulary with their parents, and what people decided of them.

    Args:
        vocabulary: Of every matrix that is asked about.
        reviewed: States that people gave.
        decided: Where they gave one; it may be *unknown*.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        reviewed: Int8[np.ndarray, "examples labels"],
        decided: Bool[np.ndarray, "examples labels"],
    ) -> None:
        self._names = vocabulary.names
        self._hierarchy: Hierarchy = vocabulary.hierarchy
        self._reviewed = reviewed
        self._decided = decided

    def without_empty_silence(
        self,
        states: Int8[np.ndarray, "examples labels"],
        silent: Bool[np.ndarray, "examples labels"] | None,
    ) -> Int8[np.ndarray, "examples labels"]:
        """The source's states, with silence about a parent of a present label made unknown.

        Who annotates *sparrow* means no denial of *bird* by not writing it too.
        """
        if silent is None or not self._hierarchy:
            return states
        empty = self._hierarchy.outspoken(self._with_reviewed(states), silent)
        return np.where(empty, UNKNOWN, states).astype(np.int8)

    def implied(
        self,
        observed: Int8[np.ndarray, "examples labels"],
        kept: Int8[np.ndarray, "examples labels"],
    ) -> Implied | None:
        """What follows from the cells that are kept, and from all of them; None without parents.

        A cell follows from those that are kept only if all that was observed agrees with it.
        """
        if not self._hierarchy:
            return None
        whole = self._with_reviewed(observed)
        whole += self._hierarchy.implied(whole)
        now = self._with_reviewed(kept)
        known = self._hierarchy.implied(now)
        # What a person could not tell stays untold.
        known[self._decided | (known != whole)] = UNKNOWN
        hidden = np.where(observed == UNKNOWN, whole, UNKNOWN).astype(np.int8)
        hidden[self._decided | (known != UNKNOWN)] = UNKNOWN
        return Implied(known, hidden)

    def contradictions(
        self, observed: Int8[np.ndarray, "examples labels"], examples: Sequence[Example]
    ) -> list[Quarantined]:
        """Present labels whose parent is absent, one row each, with both cells named."""
        if not self._hierarchy:
            return []
        whole = self._with_reviewed(observed)
        return [
            Quarantined(
                path=examples[row].path,
                example_id=examples[row].id,
                reason=SourceReason.CONFLICTING_LABEL,
                detail=(
                    f"{self._names[child]!r} is {self._said(row, child)} present and implies "
                    f"{self._names[parent]!r}, which is {self._said(row, parent)} absent; both "
                    "stay as they are, and nothing was derived from either"
                ),
            )
            for row, child, parent in self._hierarchy.conflicts(whole)
        ]

    def _said(self, row: int, column: int) -> str:
        return "reviewed" if self._decided[row, column] else "observed"

    def _with_reviewed(
        self, states: Int8[np.ndarray, "examples labels"]
    ) -> Int8[np.ndarray, "examples labels"]:
        return np.where(self._decided, self._reviewed, states).astype(np.int8)
