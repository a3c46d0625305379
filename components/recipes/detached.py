"""Copies of heads that later steps leave alone."""

from components.models.heads.head import Head


def detached_copy(head: Head) -> Head:
    """A head of the same kind with copies of its tensors."""
    copy = type(head).empty(**head.settings())  # pyright: ignore[reportArgumentType]
    copy.load_state_dict({name: value.clone() for name, value in head.state_dict().items()})
    return copy.to(next(head.parameters()).device)
