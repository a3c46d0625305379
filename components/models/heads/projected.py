"""Labels' texts compared with regions that went through a gated projector (TagAlign).

methods.md, section 4, for labels: the paper draws maps of tags, and trains on the mean
over regions. Here a picture's similarity to a text is either that,

    mean:  cos(mean_n v_n, t)          best:  (1/β) · log mean_n exp(β · cos(v_n, t))

the second ours, for pictures of several small things. At zero gates v are the frozen
regions, so the first is zero-shot on their mean.
"""

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from components.models.gated_projector import GatedProjector, pooled
from components.models.heads.head import Head, HeadSettings
from components.models.images import Images

GREATEST_SHARPNESS = 100.0
_TEXTS_AT_ONCE = 512


class ProjectedHead(Head):
    """Logits are scale · similarity + bias."""

    kind = "projected"
    needs_regions = True
    text: Tensor

    def __init__(
        self,
        projector: GatedProjector,
        text: Float[Tensor, "labels embed"],
        grid: tuple[int, int],
        *,
        best_region: bool,
        scale: float = 1.0,
        sharpness: float = 20.0,
    ) -> None:
        """Bias 0.

        Args:
            projector: Of regions in the text space.
            text: Unit vector of each label; not trained.
            grid: Rows and columns of the regions.
            best_region: ``best`` above, else ``mean``.
            scale: Of cosines.
            sharpness: β at the start; trained.
        """
        super().__init__()
        self.projector = projector
        self.register_buffer("text", text)
        self.grid = grid
        self.best_region = best_region
        self.scale = nn.Parameter(torch.tensor(scale))
        self.log_sharpness = nn.Parameter(torch.tensor(sharpness).log())
        self.bias = nn.Parameter(torch.zeros(len(text)))

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits of the projected regions."""
        return self.scale * self.similarity(images.required_regions(), self.text) + self.bias

    def similarity(
        self, regions: Float[Tensor, "batch regions embed"], texts: Float[Tensor, "texts embed"]
    ) -> Float[Tensor, "batch texts"]:
        """How much pictures look like any unit text vectors, in [-1, 1]."""
        vectors = self.projector(regions, self.grid)
        if not self.best_region:
            return pooled(vectors) @ texts.T
        vectors = functional.normalize(vectors, dim=-1)
        parts = texts.split(_TEXTS_AT_ONCE)
        if len(parts) > 1 and torch.is_grad_enabled():
            # Every text with every region would be kept for the way back.
            found = [checkpoint(self._best, vectors, part, use_reentrant=False) for part in parts]
        else:
            found = [self._best(vectors, part) for part in parts]
        return torch.cat(found, dim=1)

    def _best(self, vectors: Tensor, texts: Tensor) -> Tensor:
        sharpness = self.log_sharpness.exp().clamp(max=GREATEST_SHARPNESS)
        summed = torch.logsumexp(sharpness * (vectors @ texts.T), dim=1)
        return (summed - torch.tensor(float(vectors.shape[1])).log()) / sharpness

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """Cosine of each projected region with the label's text."""
        vectors = self.projector(regions[None], self.grid)[0]
        return functional.normalize(vectors, dim=-1) @ self.text[label]

    def settings(self) -> HeadSettings:
        """Number of labels, length of vectors, grid, and the projector's shape."""
        return {
            "num_labels": self.text.shape[0],
            "embed_dim": self.text.shape[1],
            "rows": self.grid[0],
            "columns": self.grid[1],
            "best_region": self.best_region,
            "num_blocks": self.projector.num_blocks,
            "kernel_size": self.projector.kernel_size,
        }

    @classmethod
    def empty(cls, **settings: int) -> "ProjectedHead":
        """All of it still to be loaded."""
        embed_dim = settings["embed_dim"]
        projector = GatedProjector(
            embed_dim, num_blocks=settings["num_blocks"], kernel_size=settings["kernel_size"]
        )
        return cls(
            projector,
            torch.zeros(settings["num_labels"], embed_dim),
            (settings["rows"], settings["columns"]),
            best_region=bool(settings["best_region"]),
        )
