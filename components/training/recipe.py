"""What the training loop needs of a recipe."""

from typing import ClassVar, Protocol, runtime_checkable

from jaxtyping import Float, Int8
from torch import Tensor

from components.training.learner import Learner, Start


@runtime_checkable
class Recipe(Protocol):
    """How to learn from labels of which some are unknown."""

    @property
    def name(self) -> str:
        """The word for it in settings, artefacts and reports."""
        ...

    @property
    def uses_proposals(self) -> bool:
        """Whether it reads pseudo-labels; if not, it is given none."""
        ...

    @property
    def needs_regions(self) -> bool:
        """Whether it cannot do without region vectors."""
        ...

    @property
    def reads_regions(self) -> bool:
        """Whether it reads region vectors where there are any."""
        ...

    @property
    def reads_unlabelled(self) -> bool:
        """Whether images without any known or proposed cell teach it something."""
        ...

    def build(self, start: Start) -> Learner:
        """What is trained, at its start."""
        ...


class OnWholeImages:
    """What recipes of a plain linear head have in common; those with proposals say so."""

    __slots__ = ()
    uses_proposals: ClassVar[bool] = False
    needs_regions: ClassVar[bool] = False
    reads_regions: ClassVar[bool] = False
    reads_unlabelled: ClassVar[bool] = False


@runtime_checkable
class CellLoss(Protocol):
    """A loss over cells; the recipes of a plain linear head are nothing else."""

    def __call__(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        proposals: Int8[Tensor, "batch labels"],
        weights: Float[Tensor, "batch labels"] | None = None,
    ) -> Float[Tensor, ""]:
        """Loss of a batch, in nats a cell that takes part; pure.

        ``states`` are known cells, ``proposals`` are nonzero only where ``states`` is 0,
        ``weights`` say how much each proposal counts (fully where None).
        """
        ...
