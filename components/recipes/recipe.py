"""What the training loop needs of a recipe."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int8
from torch import Tensor


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

    def loss(
        self,
        logits: Float[Tensor, "batch labels"],
        states: Int8[Tensor, "batch labels"],
        proposals: Int8[Tensor, "batch labels"],
    ) -> Float[Tensor, ""]:
        """Loss of a batch, in nats a cell that takes part; pure.

        ``states`` are known cells, ``proposals`` are nonzero only where
        ``states`` is 0.
        """
        ...
