"""A head that looks with an image encoder of its own; only ever used while training."""

from jaxtyping import Float
from torch import Tensor, nn

from components.models.heads.head import Head, HeadSettings
from components.models.images import Images


class EndToEndHead(Head):
    """Pixels through a tower to vectors, and vectors through a head to logits.

    A tagger keeps the two apart: the tower becomes an encoder, whose vectors are computed
    once, and the head is saved like any other.
    """

    kind = "end_to_end"
    reads_pixels = True

    def __init__(self, tower: nn.Module, head: Head) -> None:
        super().__init__()
        self.tower = tower
        self.head = head

    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits of the pixels."""
        return self.head(seen(self.tower, images, self.head.needs_regions))

    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """The head's own."""
        return self.head.region_scores(regions, label)

    def settings(self) -> HeadSettings:
        """The head's own."""
        return self.head.settings()

    @classmethod
    def empty(cls, **settings: int) -> "EndToEndHead":
        """Cannot be made from numbers alone."""
        raise NotImplementedError("a tower has to be given")


def seen(tower: nn.Module, images: Images, with_regions: bool) -> Images:
    """The images as a tower sees them now."""
    vectors = tower(images.required_pixels())
    return Images(vectors.global_vectors, vectors.region_vectors if with_regions else None)
