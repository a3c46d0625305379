"""The closed list of heads that a tagger can carry."""

from components.errors import ArtefactError
from components.models.heads.best_region import BestRegionHead
from components.models.heads.contextual import ContextualHead
from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.head import Head
from components.models.heads.linear import LinearHead
from components.models.heads.normalised import NormalisedHead
from components.models.heads.projected import ProjectedHead
from components.models.heads.region_query import RegionQuery
from components.models.heads.summed import SummedHead

_HEADS: dict[str, type[Head]] = {
    head.kind: head
    for head in (
        LinearHead,
        NormalisedHead,
        BestRegionHead,
        RegionQuery,
        EvidencePool,
        SummedHead,
        ProjectedHead,
        ContextualHead,
    )
}


def head_class(kind: str) -> type[Head]:
    """The head of that word.

    Raises:
        ArtefactError: If there is none.
    """
    if kind not in _HEADS:
        raise ArtefactError(
            f"No head is called {kind!r}; this program knows {', '.join(_HEADS)}. "
            "The tagger was trained by another version: train it again."
        )
    return _HEADS[kind]
