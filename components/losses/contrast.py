"""Supervised contrast: vectors of one class attract, all others compete.

Source: Khosla et al., "Supervised Contrastive Learning" (NeurIPS 2020), equation 2.
One masked log-sum-exp; no maximum is subtracted by hand (methods.md, section 1, tells
of a released code where two different ones were).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def supervised_contrast(
    vectors: Float[Tensor, "vectors embed"],
    classes: Int[Tensor, " vectors"],
    temperature: float,
) -> Float[Tensor, ""]:
    """Mean over vectors that have a partner of −mean log-share of their partners.

    Args:
        vectors: Unit length.
        classes: Vectors of one class are partners.
        temperature: Above 0.

    Returns:
        At least 0; 0 if no vector has a partner.
    """
    num_vectors = len(vectors)
    itself = torch.eye(num_vectors, dtype=torch.bool, device=vectors.device)
    logits = (vectors @ vectors.T / temperature).masked_fill(itself, float("-inf"))
    shares = (logits - torch.logsumexp(logits, dim=1, keepdim=True)).masked_fill(itself, 0.0)
    partners = (classes[:, None] == classes[None, :]) & ~itself
    count = partners.sum(dim=1)
    each = -(shares * partners).sum(dim=1) / count.clamp(min=1)
    return each.sum() / (count > 0).sum().clamp(min=1) if num_vectors > 1 else vectors.sum() * 0
