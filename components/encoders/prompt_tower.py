"""The text tower of an open_clip model, open for learned tokens."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int64
from open_clip.transformer import TextTransformer
from torch import Tensor, nn

from components.encoders.encoder import Encoder
from components.encoders.open_clip import OpenClipEncoder
from components.errors import InputError
from components.models.prompt_tokens import Prompter, TextTower

PLACE = "{name}"


class OpenClipTextTower(TextTower):
    """The layers of a ``CLIP`` or of the text transformer of a ``CustomTextCLIP``, shared.

    Sentences are pooled where the model pools them: at the end mark, or at the first or
    last place of the whole context.
    """

    mask: Tensor | None

    def __init__(self, model: nn.Module) -> None:
        """Take the text layers of an open_clip model.

        Raises:
            InputError: If its text tower is of another kind.
        """
        super().__init__()
        text: Any = getattr(model, "text", model)
        own = text is model and hasattr(model, "text_pool_type")
        if not own and not isinstance(text, TextTransformer):
            raise InputError(_refusal(f"text tower {type(text).__name__}"))
        if getattr(text, "cls_emb", None) is not None or getattr(text, "use_pad_mask", False):
            raise InputError(_refusal("text tower with a class token or a mask over padding"))
        pool: Any = text.text_pool_type if own else text.pool_type
        eos_id: Any = text.text_eos_id if own else text.eos_id
        if pool == "none":
            raise InputError(_refusal("text tower that does not pool its tokens"))
        self.pool: str = pool
        self.eos_id: int | None = eos_id
        self.context_length: int = text.context_length
        self.token_embedding: nn.Embedding = text.token_embedding
        self.positions: nn.Parameter = text.positional_embedding
        self.transformer: nn.Module = text.transformer
        self.norm: nn.Module = text.ln_final
        self.projection: nn.Parameter | nn.Linear | None = text.text_projection
        self.register_buffer("mask", text.attn_mask, persistent=False)
        self.reads_to_end = self.mask is not None and pool in ("argmax", "eos")

    def end_marks(self, tokens: Int64[Tensor, "texts tokens"]) -> Int64[Tensor, " texts"]:
        """Where each text ends, by the model's own rule; its last token if it has none."""
        if self.pool == "argmax":
            return tokens.argmax(dim=1)
        if self.pool == "eos":
            return (tokens == self.eos_id).int().argmax(dim=1)
        used = tokens != tokens[:, -1:]
        return (used * torch.arange(tokens.shape[1])).argmax(dim=1)

    def embed(self, tokens: Int64[Tensor, "*any"]) -> Float[Tensor, "*any width"]:
        """Token numbers as vectors, without positions."""
        return self.token_embedding(tokens)

    def forward(
        self, embedded: Float[Tensor, "texts tokens width"], ends: Int64[Tensor, " texts"]
    ) -> Float[Tensor, "texts embed"]:
        """Vectors of texts, as the model's ``encode_text`` gives them."""
        length = embedded.shape[1]
        mask = None if self.mask is None else self.mask[:length, :length]
        read = self.norm(self.transformer(embedded + self.positions[:length], attn_mask=mask))
        if self.pool == "first":
            pooled = read[:, 0]
        elif self.pool == "last":
            pooled = read[:, -1]
        else:
            pooled = read[torch.arange(len(read), device=read.device), ends]
        if self.projection is None:
            return pooled
        if isinstance(self.projection, nn.Linear):
            return self.projection(pooled)
        return pooled @ self.projection


def prompter_of(encoder: Encoder, names: Sequence[str], template: str) -> Prompter:
    """Sentences of all labels, whose words before the name can be learned.

    Args:
        encoder: Of open_clip.
        names: Of the labels; at least one.
        template: With words, then the place ``{name}``.

    Raises:
        InputError: If the encoder has no text tokens, a label is too long, or the template
            has no words of their own before the name.
    """
    if not isinstance(encoder, OpenClipEncoder):
        raise InputError(
            f"train.methods.csa.prompts is tokens, but encoder {encoder.id} has no text tower that "
            "could be trained through. Set encoder.kind to open_clip, or prompts to residual."
        )
    tower = OpenClipTextTower(encoder.model)
    before = template.partition(PLACE)[0]
    texts = [before, "", *(template.replace(PLACE, name) for name in names)]
    # With room to spare, so that what is too long can be told.
    tokens = encoder.token_numbers(texts, 2 * tower.context_length + 2)
    ends = tower.end_marks(tokens)
    _check_lengths(names, ends[2:], tower)
    num_first = _shared_length(tokens[0], tokens[1])
    start = _shared_length(tokens[0], tokens[2])
    same = (tokens[2:, :start] == tokens[0, :start]).all(dim=1)
    if start <= num_first or start < int(ends[0]) or not bool(same.all()):
        raise InputError(
            f"Learned tokens start from the words before {PLACE}, and template {template!r} has "
            "none that stand apart from the name. Make prompts.templates begin like "
            "'a photo of a {name}'."
        )
    return Prompter(
        tower=tower,
        names=tuple(names),
        first=tokens[0, :num_first].clone(),
        words=tokens[0, num_first:start].clone(),
        rest=tokens[2:, start : start + tower.context_length].clone(),
        ends=ends[2:] - start,
    )


def _shared_length(left: Int64[Tensor, " tokens"], right: Int64[Tensor, " tokens"]) -> int:
    differ = left != right
    return int(differ.int().argmax()) if bool(differ.any()) else len(left)


def _check_lengths(names: Sequence[str], ends: Tensor, tower: OpenClipTextTower) -> None:
    longest = int(ends.argmax())
    if int(ends[longest]) >= tower.context_length:
        name = names[longest]
        shown = name if len(name) <= 40 else name[:39] + "…"
        raise InputError(
            f"With its template label {shown!r} takes {int(ends[longest]) + 1} tokens or more, "
            f"and the encoder reads {tower.context_length}. Shorten the label or "
            "prompts.templates, or set train.methods.csa.prompts to residual, for which it is "
            "cut off."
        )


def _refusal(what: str) -> str:
    return (
        f"train.methods.csa.prompts is tokens, and the encoder has a {what}, which learned tokens "
        "cannot enter. Take an open_clip model with its own text transformer, or set prompts to "
        "residual."
    )
