"""The encoder's two halves as training runs them: the same numbers for less work."""

from typing import Any, cast

import torch
from open_clip import CLIP
from torch import Tensor
from torch.nn import functional

from examples.cards.encoder_model import GRID


def encode_short(model: CLIP, tokens: torch.Tensor) -> torch.Tensor:
    """Unit text vectors from as many columns as are in use.

    The causal mask makes what follows the end token irrelevant, so this equals
    the model's own ``encode_text``, which insists on the full context.
    """
    # To a type checker every part of a torch module is a tensor or a module.
    parts = cast(Any, model)
    length = int(tokens.any(dim=0).nonzero().max()) + 1
    tokens = tokens[:, :length]
    x = parts.token_embedding(tokens) + parts.positional_embedding[:length]
    x = parts.transformer(x, attn_mask=parts.attn_mask[:length, :length])
    ends = parts.ln_final(x)[torch.arange(len(x)), tokens.argmax(dim=-1)]
    return functional.normalize((ends @ parts.text_projection).float(), dim=-1)


def encode_images(model: CLIP, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Unit vectors of pictures and of their regions, as the model's own pooling gives them.

    Only the pooled token's query is computed, and regions share its values: the same numbers
    as in :class:`components.encoders.image_tower.ImageTower` for less work.
    """
    visual: Any = model.visual
    pool: Any = visual.attnpool
    x = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem(pixels)))))
    tokens = x.flatten(2).transpose(1, 2)
    tokens = torch.cat([tokens.mean(1, keepdim=True), tokens], dim=1)
    places = _places(pool.positional_embedding, x.shape[-1]).to(tokens.dtype)
    placed = tokens + places
    values = pool.v_proj(tokens)
    shifts = functional.linear(places, pool.v_proj.weight)
    batch, _, width = tokens.shape

    def heads(y: Tensor) -> Tensor:
        return y.view(batch, -1, pool.num_heads, width // pool.num_heads).transpose(1, 2)

    pooled = functional.scaled_dot_product_attention(
        heads(pool.q_proj(placed[:, :1])), heads(pool.k_proj(placed)), heads(values + shifts)
    )
    both = torch.cat([pooled.transpose(1, 2).reshape(batch, 1, width), values[:, 1:]], dim=1)
    vectors = functional.normalize(pool.c_proj(both).float(), dim=-1)
    return vectors[:, 0], vectors[:, 1:]


def _places(embedding: Tensor, side: int) -> Tensor:
    """The positional embedding for ``side`` rows and columns of regions."""
    if len(embedding) == 1 + side**2:
        return embedding
    grid = embedding[1:].T.reshape(1, -1, GRID, GRID)
    resized = functional.interpolate(grid, (side, side), mode="bilinear", align_corners=True)
    return torch.cat([embedding[:1], resized.flatten(2)[0].T])
