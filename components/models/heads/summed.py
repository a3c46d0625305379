"""Two readings of an image added up: the whole and its regions (ours).

The whole image says what kind of picture it is, regions say what is in it; they are
trained together, so that each learns what the other leaves over.
"""

from jaxtyping import Float
from torch import Tensor

from components.models.heads.evidence_pool import EvidencePool
from components.models.heads.head import Head, HeadSettings
from components.models.heads.linear import LinearHead
from components.models.images import Images


class SummedHead(Head):
    """Logits of a linear head on the whole image plus those of an evidence pool."""

    kind = "summed"
    needs_regions = True

    def __init__(self, whole: LinearHead, pool: EvidencePool) -> None:
        super().__init__()
        self.whole = whole
        self.pool = pool

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """The sum of both."""
        return self.whole(images) + self.pool(images)

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """Where the pool looks."""
        return self.pool.region_scores(regions, label)

    def settings(self) -> HeadSettings:
        """Number of labels and length of vectors."""
        return self.whole.settings()

    @classmethod
    def empty(cls, **settings: int) -> "SummedHead":
        """All zeros."""
        return cls(LinearHead.empty(**settings), EvidencePool.empty(**settings))
