"""What can be set of TagAlign."""

from dataclasses import dataclass
from typing import Literal

from components.training.settings import MethodSettings

Kinds = Literal["none", "objects", "attributes", "both"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TagAlignSettings(MethodSettings):
    """Terms of the loss and the projector (see recipe.py)."""

    most_epochs: int | None = 14
    most_images: int | None = 64
    """Captions compete within a batch; larger ones mean fewer steps, and did worse."""
    learning_rate: float | None = 2e-3
    kinds: Kinds = "both"
    """Of tags that teach."""
    pool: Literal["mean", "best"] = "best"
    """How regions make an image's similarity; ``mean`` is the paper's."""
    caption_weight: float = 1.0
    """w_c."""
    tag_weight: float = 1.0
    """w_t."""
    num_blocks: int = 2
    """Gated blocks of the projector."""
    kernel_size: int = 1
    """The paper's is 3; that overfits small sets whose neighbours say little."""

    def __post_init__(self) -> None:
        MethodSettings.__post_init__(self)
        if min(self.caption_weight, self.tag_weight) < 0:
            raise ValueError("weights must be at least 0")
        if self.kinds == "none" and not self.caption_weight:
            raise ValueError("without tags and without captions nothing is learnt")
