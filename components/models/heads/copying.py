"""Copies of heads that later steps leave alone."""

from typing import TypeVar, cast

from components.models.heads.head import Head

AnyHead = TypeVar("AnyHead", bound=Head)


def detached_copy(head: AnyHead) -> AnyHead:
    """A head of the same kind with copies of its tensors."""
    copy = cast(AnyHead, type(head).empty(**head.settings()))  # pyright: ignore[reportArgumentType]
    copy.load_state_dict({name: value.clone() for name, value in head.state_dict().items()})
    return copy.to(next(head.parameters()).device)
