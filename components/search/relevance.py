"""A relevance that means the same for every kind of query.

A flat cut-off on cosines does not work: a caption at 0.3 can be a perfect
match where a photograph at 0.6 is a poor one. So a score is placed between
two points: 0 is the query's own level, its mean score over the whole gallery;
1 is as far above it as the best answer of a typical query of the same kind,
measured with background queries when the index is made. The same queries tell
what is not close: an answer that leads by less than nearly all of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32

FAR_SHARE = 0.02
"""Share of the background queries of which the best answer counts as not close."""


@dataclass(frozen=True, slots=True)
class BestLeads:
    """Leads of best answers over their query's level: the typical one, and a low one.

    ``low`` is the quantile :data:`FAR_SHARE` of the background queries' leads.
    """

    typical: float
    low: float


@dataclass(frozen=True, slots=True)
class RelevanceScale:
    """What background queries found, by kind of query.

    Attributes:
        leads: The typical lead of a best answer over its query's level.
        low_leads: A lead that few background queries stayed below.
    """

    leads: Mapping[str, float]
    low_leads: Mapping[str, float] = field(default_factory=dict)

    def is_close(self, kind: str, level: float, best: float) -> bool | None:
        """Whether a best answer is as near as those of nearly all background queries.

        None where the kind was not measured.

        Args:
            kind: text, image or sketch.
            level: The query's mean score over the gallery.
            best: Score of its best answer.

        Example:
            >>> RelevanceScale({"text": 0.2}, {"text": 0.1}).is_close("text", 0.1, 0.15)
            False
        """
        low = self.low_leads.get(kind)
        return None if low is None else bool(best - level >= low)

    def relevance(
        self, kind: str, level: float, scores: Float32[np.ndarray, " hits"]
    ) -> Float32[np.ndarray, " hits"] | None:
        """Relevance in [0, 1] of each score; None where the kind was not measured.

        Args:
            kind: text, image or sketch.
            level: The query's mean score over the gallery.
            scores: Scores of its answers.

        Example:
            >>> RelevanceScale({"text": 0.2}).relevance("text", 0.1, np.float32([0.3, 0.2]))
            array([1. , 0.5], dtype=float32)
        """
        lead = self.leads.get(kind, 0.0)
        if lead <= 0:
            return None
        return np.clip((scores - level) / lead, 0.0, 1.0).astype(np.float32)


def best_leads(
    best_scores: Float[np.ndarray, "queries places"],
    levels: Float[np.ndarray, " queries"],
    *,
    are_members: bool,
) -> BestLeads | None:
    """Leads of the best answers over their query's level; None without queries.

    Args:
        best_scores: The two best scores of each background query.
        levels: Each query's mean score over the gallery.
        are_members: Whether the queries are in the gallery themselves: the
            second answer is then the best, the first being the query.
    """
    place = 1 if are_members else 0
    if best_scores.shape[0] == 0 or best_scores.shape[1] <= place:
        return None
    leads = best_scores[:, place] - levels
    return BestLeads(float(np.median(leads)), float(np.quantile(leads, FAR_SHARE)))
