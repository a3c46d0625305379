"""TagAlign's two losses on similarities (arXiv 2312.14149; methods.md, section 4).

Differences from the released code: logarithms are taken of the softmax itself,
where the release clamps probabilities at 1e-8 and so cuts the gradient; objects
and attributes have one softmax each, as in the paper's figure, where the
release has a single list; several captions may be right for one image.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def multi_tag_softmax(
    logits: Float[Tensor, "batch tags"], targets: Float[Tensor, "batch tags"]
) -> Float[Tensor, " batch"]:
    """Cross-entropy between the softmax over all tags and the image's set of tags.

    The target of an image is its multi-hot row over its sum: an image with k
    tags shares its mass equally. Tags that it lacks compete, they are not
    pushed down one by one.

    Args:
        logits: Scaled similarities.
        targets: 1 where the image has the tag, else 0.

    Returns:
        Nats an image; 0, without gradient, for an image that has no tag.

    Example:
        >>> multi_tag_softmax(torch.zeros(2, 4), torch.tensor([[1.0, 1, 0, 0], [0, 0, 0, 0]]))
        tensor([1.3863, 0.0000])
    """
    shares = targets / targets.sum(dim=1, keepdim=True).clamp(min=1)
    return -(shares * torch.log_softmax(logits, dim=1)).sum(dim=1)


def contrastive(
    logits: Float[Tensor, "images captions"], positive: Bool[Tensor, "images captions"]
) -> Float[Tensor, ""]:
    """Symmetric InfoNCE; each image and each caption may have several partners.

    With the diagonal as ``positive`` this is the loss of CLIP and TagAlign.
    With more, an image's mass is shared among its captions and the other way
    round. Rows and columns without a partner add nothing.

    Example:
        >>> contrastive(torch.zeros(2, 2), torch.eye(2, dtype=torch.bool))
        tensor(0.6931)
    """
    weights = positive.to(logits.dtype)
    return 0.5 * (_one_way(logits, weights) + _one_way(logits.T, weights.T))


def _one_way(logits: Tensor, weights: Tensor) -> Tensor:
    has_partner = (weights.sum(dim=1) > 0).sum().clamp(min=1)
    return multi_tag_softmax(logits, weights).sum() / has_partner


def scaled(
    cosines: Float[Tensor, "*any"],
    log_scale: Float[Tensor, ""],
    greatest_scale: float = 100.0,
) -> Float[Tensor, "*any"]:
    """Times exp(log_scale), the scale kept at or below ``greatest_scale``."""
    return log_scale.exp().clamp(max=greatest_scale) * cosines
