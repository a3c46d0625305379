"""What every head of a tagger can do."""

from abc import ABC, abstractmethod
from typing import ClassVar, TypeVar, cast

from jaxtyping import Float
from torch import Tensor, nn

from components.models.images import Images

HeadSettings = dict[str, int]


class Head(nn.Module, ABC):
    """Turns frozen vectors of images into one logit a label.

    All that it knows is in its parameters and buffers; :meth:`settings` holds what is
    needed to make one of the same shape, before they are loaded.
    """

    kind: ClassVar[str]
    """The word for it in ``tagger.json``."""
    needs_regions: ClassVar[bool] = False
    reads_pixels: ClassVar[bool] = False
    """Whether it looks at the image with an encoder of its own."""

    @abstractmethod
    def forward(self, images: Images) -> Float[Tensor, "batch labels"]:
        """Logits; higher means more likely present."""

    @abstractmethod
    def region_scores(
        self, regions: Float[Tensor, "regions embed"], label: int
    ) -> Float[Tensor, " regions"]:
        """How much each region of one image speaks for a label; only differences count."""

    @abstractmethod
    def settings(self) -> HeadSettings:
        """Arguments of :meth:`empty`."""

    @classmethod
    @abstractmethod
    def empty(cls, **settings: int) -> "Head":
        """A head of the right shape whose tensors are still to be loaded."""


AnyHead = TypeVar("AnyHead", bound=Head)


def detached_copy(head: AnyHead) -> AnyHead:
    """A head of the same kind with copies of its tensors, which later steps leave alone."""
    copy = cast(AnyHead, type(head).empty(**head.settings()))
    copy.load_state_dict({name: value.clone() for name, value in head.state_dict().items()})
    return copy.to(next(head.parameters()).device)
