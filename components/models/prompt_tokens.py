"""Learned prompts as tokens: what a frozen text tower makes of learned words.

Zhou et al. 2022, "Learning to Prompt for Vision-Language Models" (CoOp, arXiv
2109.01134). In the sentence of each label the words before its name give way to M
vectors in the tower's input space, which gradients reach through the tower:

    [start] [V_1 … V_M] [name] [words after it] [end]   ->   one unit vector a label

The tower stays as it is and is no part of a state dict: a checkpoint holds V alone.

Ours: V starts from the words of the template. If there are as many as M, training starts
exactly at zero-shot; else the words are repeated up to the name, or the last M are taken.
CoOp starts from noise unless it is given words.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from components.errors import InputError

LABELS_AT_ONCE = 128
"""More labels go through the tower in parts, which are computed anew for the gradient."""


class TextTower(nn.Module, ABC):
    """A frozen text encoder, entered behind its table of words.

    Attributes:
        context_length: Tokens that it reads at most.
        reads_to_end: Whether nothing after a sentence's end mark changes its vector, so
            that padding need not be computed.
    """

    context_length: int
    reads_to_end: bool

    @abstractmethod
    def embed(self, tokens: Int64[Tensor, "*any"]) -> Float[Tensor, "*any width"]:
        """Token numbers as vectors, without positions."""

    @abstractmethod
    def forward(
        self, embedded: Float[Tensor, "texts tokens width"], ends: Int64[Tensor, " texts"]
    ) -> Float[Tensor, "texts embed"]:
        """Vectors of texts, of any length; ``ends`` are the places of the end marks."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Prompter:
    """A text tower, and the sentences of all labels as its tokens."""

    tower: TextTower
    names: tuple[str, ...]
    first: Int64[Tensor, " first"]
    """Start marks."""
    words: Int64[Tensor, " words"]
    """Of the template, before the name; at least one."""
    rest: Int64[Tensor, "labels rest"]
    """The name, words after it, the end mark, padding."""
    ends: Int64[Tensor, " labels"]
    """Places of the end marks in ``rest``."""

    def prompts(self, num_tokens: int | None = None, *, shared: bool = False) -> "PromptTokens":
        """Learned words before each name, at their start, on the device of ``words``.

        Args:
            num_tokens: M; None takes as many as the template has.
            shared: Whether all labels share them.

        Raises:
            InputError: If M is not positive, or too large for the longest name.
        """
        count = len(self.words) if num_tokens is None else num_tokens
        longest = int(self.ends.argmax())
        room = self.tower.context_length - len(self.first) - int(self.ends[longest]) - 1
        if not 1 <= count <= room:
            raise InputError(
                f"{count} learned tokens do not fit before label {self.names[longest]!r}: the "
                f"encoder reads {self.tower.context_length} tokens, which leaves 1 to {room}. "
                "Take fewer tokens, or shorten the label."
            )
        # An earlier fit may have left it elsewhere.
        self.tower.to(self.words.device, torch.float32)
        repeats = -(-count // len(self.words))
        words = self.tower.embed(self.words.repeat(repeats)[-count:]).detach()
        sets = 1 if shared else len(self.names)
        return PromptTokens(self, words.expand(sets, -1, -1).clone())


class PromptTokens(nn.Module):
    """One vector a label, by way of the tower."""

    first: Tensor
    rest: Tensor
    ends: Tensor

    def __init__(self, prompter: Prompter, context: Float[Tensor, "sets tokens width"]) -> None:
        super().__init__()
        # In a tuple, the tower is no submodule: it is neither trained nor kept.
        self._frozen = (prompter.tower,)
        self.context = nn.Parameter(context)
        length = len(prompter.first) + context.shape[1]
        width = prompter.tower.context_length - length
        if prompter.tower.reads_to_end:
            width = int(prompter.ends.max()) + 1
        self.register_buffer("first", prompter.first, persistent=False)
        self.register_buffer("rest", prompter.rest[:, :width].contiguous(), persistent=False)
        self.register_buffer("ends", prompter.ends + length, persistent=False)

    @property
    def tower(self) -> TextTower:
        """What the tokens pass through; may be shared with others."""
        return self._frozen[0]

    def forward(self) -> Float[Tensor, "labels embed"]:
        """Unit vectors; memory is bounded whatever the number of labels."""
        parts = torch.arange(len(self.rest), device=self.rest.device).split(LABELS_AT_ONCE)
        if len(parts) == 1:
            return self._vectors(self.context, parts[0])
        again = [
            checkpoint(self._vectors, self.context, part, use_reentrant=False) for part in parts
        ]
        return torch.cat(again)

    def _vectors(
        self, context: Float[Tensor, "sets tokens width"], labels: Int64[Tensor, " part"]
    ) -> Float[Tensor, "part embed"]:
        own = context.expand(len(labels), -1, -1) if len(context) == 1 else context[labels]
        first = self.tower.embed(self.first).expand(len(labels), -1, -1)
        rest = self.tower.embed(self.rest[labels])
        embedded = torch.cat([first, own, rest], dim=1)
        return functional.normalize(self.tower(embedded, self.ends[labels]), dim=-1)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "PromptTokens":
        """Device and precision of the tower follow."""
        self.tower._apply(fn, recurse)
        return super()._apply(fn, recurse)
