"""A relevance that means the same for every kind of query.

A flat cut-off on cosines does not work: a caption at 0.3 can be a perfect
match where a photograph at 0.6 is a poor one. So a score is placed between
two reference points, measured when the index is made: 0 is how near the
query lies to the gallery as a whole, 1 is how far above that the best answer
of a typical query of the same kind lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from components.search.index import SearchIndex, unit_rows


@dataclass(frozen=True, slots=True)
class RelevanceScale:
    """The typical lead of a best answer over the whole gallery, by kind of query."""

    centre: Float32[np.ndarray, " embed"]
    """Mean vector of the gallery (not of length 1)."""
    leads: Mapping[str, float]

    def relevance(
        self,
        kind: str,
        query: Float32[np.ndarray, " embed"],
        scores: Float32[np.ndarray, " hits"],
    ) -> Float32[np.ndarray, " hits"] | None:
        """Relevance in [0, 1] of each score; None where the kind was not measured.

        ``query`` has length 1.
        """
        lead = self.leads.get(kind)
        if lead is None or lead <= 0:
            return None
        placed = (scores - float(query @ self.centre)) / lead
        return np.clip(placed, 0.0, 1.0).astype(np.float32)


def typical_lead(
    index: SearchIndex,
    centre: Float32[np.ndarray, " embed"],
    queries: Float[np.ndarray, "queries embed"],
    *,
    are_members: bool,
) -> float | None:
    """Median lead of the best answer over the gallery's mean score.

    Args:
        index: The gallery.
        centre: Its mean vector.
        queries: Background queries of one kind.
        are_members: Whether each query is in the gallery itself: its second
            answer is then taken, the first being the query.
    """
    place = 1 if are_members else 0
    if not len(queries) or len(index) <= place:
        return None
    units = unit_rows(queries)
    best = index.search_exactly(units, place + 1).scores[:, place]
    return float(np.median(best - units @ centre))
