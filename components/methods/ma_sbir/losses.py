"""The five terms of MA-SBIR's loss, each the mean over a batch.

methods.md, section 5, numbers as there. Differences from the released code: the
contrast has several positives, since many captions of a batch coincide, and the
orthogonality term, whose weight is 0 in the release, takes the mean over a row's
two modality vectors.

z_v: image, z_t: its class's text, both of unit length; i, j: their modalities;
E = norm((z_v + z_t) / 2); a hat: of unit length.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from jaxtyping import Float, Int64
from torch import Tensor, nn

from components.methods.ma_sbir.modalities import ModalityTable


@dataclass(frozen=True, slots=True)
class Pairs:
    """A batch of images, each with the text of its class; never sketch with photograph."""

    images: Float[Tensor, "batch embed"]
    texts: Float[Tensor, "batch embed"]
    image_modality: Int64[Tensor, " batch"]
    text_modality: Int64[Tensor, " batch"]
    classes: Int64[Tensor, " batch"]

    @property
    def centres(self) -> Float[Tensor, "batch embed"]:
        """E."""
        return functional.normalize((self.images + self.texts) / 2, dim=-1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TermWeights:
    """How much each term counts; the total is divided by their sum."""

    clip: float = 1.0
    semantic: float = 0.1
    modality: float = 0.1
    reconstruction: float = 0.02
    orthogonality: float = 0.0

    def __post_init__(self) -> None:
        """Refuse negative weights, and all zero."""
        values = self.values
        if min(values) < 0 or sum(values) == 0:
            raise ValueError(f"Weights must be 0 or more, and not all 0; they are {values}.")

    @property
    def values(self) -> tuple[float, float, float, float, float]:
        """In the order of :func:`total_loss`."""
        return self.clip, self.semantic, self.modality, self.reconstruction, self.orthogonality


def contrast(pairs: Pairs, scale: Float[Tensor, ""] | float) -> Float[Tensor, ""]:
    """L_clip: symmetric contrast; all texts of an image's class are its positives.

    −½ Σ over both directions of mean_a mean_{b: class b = class a} log softmax_b(scale ⟨z_a, z_b⟩)
    """
    logits = scale * pairs.images @ pairs.texts.T
    same = (pairs.classes[:, None] == pairs.classes[None, :]).to(logits.dtype)
    target = same / same.sum(dim=1, keepdim=True)
    forward = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    backward = -(target * logits.T.log_softmax(dim=1)).sum(dim=1).mean()
    return (forward + backward) / 2


def semantic_term(table: ModalityTable, pairs: Pairs) -> Float[Tensor, ""]:
    """L_sem = (1 − cos(ŝ_t, E)) + (1 − cos(ŝ_v, E))."""
    of_text = table.semantic(pairs.texts, pairs.text_modality)
    of_image = table.semantic(pairs.images, pairs.image_modality)
    centres = pairs.centres
    return _one_minus_cosine(of_text, centres) + _one_minus_cosine(of_image, centres)


def reconstruction_term(table: ModalityTable, pairs: Pairs) -> Float[Tensor, ""]:
    """L_rec = (1 − cos(c_{t→i}, z_v)) + (1 − cos(c_{v→j}, z_t))."""
    as_image = table.convert(pairs.texts, pairs.text_modality, pairs.image_modality)
    as_text = table.convert(pairs.images, pairs.image_modality, pairs.text_modality)
    return _one_minus_cosine(as_image, pairs.images) + _one_minus_cosine(as_text, pairs.texts)


def modality_term(
    table: ModalityTable, discriminator: nn.Module, pairs: Pairs
) -> Float[Tensor, ""]:
    """L_mod = ½ [CE(D(c_{t→q}), q) over q ≠ j + CE(D(c_{v→q}), q) over q ≠ i].

    Each part is the mean over the rows and the foreign modalities q.
    """
    of_text = _foreign_cross_entropy(table, discriminator, pairs.texts, pairs.text_modality)
    of_image = _foreign_cross_entropy(table, discriminator, pairs.images, pairs.image_modality)
    return (of_text + of_image) / 2


def orthogonality_term(table: ModalityTable, pairs: Pairs) -> Float[Tensor, ""]:
    """L_orth: mean over rows and their two modality vectors m of Σ_d |E_d m_d|."""
    of_image = (pairs.centres * table.rows(pairs.image_modality)).abs().sum(dim=1)
    of_text = (pairs.centres * table.rows(pairs.text_modality)).abs().sum(dim=1)
    return (of_image.mean() + of_text.mean()) / 2


def total_loss(
    table: ModalityTable,
    discriminator: nn.Module,
    pairs: Pairs,
    scale: Float[Tensor, ""] | float,
    weights: TermWeights,
) -> Float[Tensor, ""]:
    """The weighted mean of the five terms; one of weight 0 is not computed."""
    terms = (
        lambda: contrast(pairs, scale),
        lambda: semantic_term(table, pairs),
        lambda: modality_term(table, discriminator, pairs),
        lambda: reconstruction_term(table, pairs),
        lambda: orthogonality_term(table, pairs),
    )
    used = [(weight, term) for weight, term in zip(weights.values, terms, strict=True) if weight]
    return torch.stack([weight * term() for weight, term in used]).sum() / sum(weights.values)


def _one_minus_cosine(
    a: Float[Tensor, "batch embed"], b: Float[Tensor, "batch embed"]
) -> Float[Tensor, ""]:
    return (1 - functional.cosine_similarity(a, b, dim=1)).mean()


def _foreign_cross_entropy(
    table: ModalityTable,
    discriminator: nn.Module,
    z: Float[Tensor, "batch embed"],
    source: Int64[Tensor, " batch"],
) -> Float[Tensor, ""]:
    num_modalities, num_rows = len(table.vectors), len(z)
    targets = torch.arange(num_modalities, device=z.device).repeat_interleave(num_rows)
    sources = source.repeat(num_modalities)
    converted = table.convert(z.repeat(num_modalities, 1), sources, targets)
    foreign = sources != targets
    return functional.cross_entropy(discriminator(converted)[foreign], targets[foreign])
