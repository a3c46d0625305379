"""What the encoder's training adds up: contrast of pictures, regions and captions."""

from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional

from examples.cards.training_targets import Targets


def soft_loss(
    logits: Float[Tensor, "rows columns"],
    target: Float[Tensor, "rows columns"],
    ignored: Bool[Tensor, "rows columns"],
) -> Float[Tensor, " rows"]:
    """Cross entropy against shares that add up to 1, without the ignored cells."""
    logs = functional.log_softmax(logits.masked_fill(ignored, -1e4), dim=1)
    return -(target * logs.masked_fill(ignored, 0.0)).sum(1)


def image_loss(logits: Float[Tensor, "batch phrases"], targets: Targets) -> Float[Tensor, ""]:
    """Contrast between pictures and phrases, in both directions, several right ones each."""
    used, ignored = targets.images[:, 1:].float(), targets.open_images[:, 1:]
    logits = logits[:, 1:]
    rows, columns = used.sum(1) > 0, used.sum(0) > 0
    by_image = soft_loss(
        logits[rows], used[rows] / used[rows].sum(1, keepdim=True), ignored[rows]
    ).mean()
    turned = used[:, columns].T
    by_phrase = soft_loss(
        logits[:, columns].T, turned / turned.sum(1, keepdim=True), ignored[:, columns].T
    ).mean()
    return (by_image + by_phrase) / 2


def region_loss(
    logits: Float[Tensor, "batch regions phrases"], targets: Targets, ground: float
) -> Float[Tensor, ""]:
    """Contrast of each region with the batch's phrases; bare ground weighs ``ground``."""
    target, ignored = targets.regions.flatten(0, 1), targets.open_regions.flatten(0, 1)
    losses = soft_loss(logits.flatten(0, 1), target, ignored)
    weights = (1 - target[:, 0]).clamp(min=ground)
    return (losses * weights).sum() / weights.sum()


def subject_loss(
    images: Float[Tensor, "batch subjects"],
    regions: Float[Tensor, "batch regions subjects_and_ground"],
    targets: Targets,
    ground: float,
) -> Float[Tensor, ""]:
    """Of two classifiers that name subjects by number: of whole pictures, and of regions."""
    cells = functional.binary_cross_entropy_with_logits(
        images, targets.subjects.float(), reduction="none"
    )
    by_image = (cells * ~targets.open_subjects).sum(1).mean()
    target = targets.region_subjects.flatten(0, 1)
    losses = functional.cross_entropy(regions.flatten(0, 1), target, reduction="none")
    weights = (1 - target[:, -1]).clamp(min=ground)
    return 0.1 * by_image + (losses * weights).sum() / weights.sum()


def clip_loss(
    images: Float[Tensor, "batch embed"],
    texts: Float[Tensor, "batch embed"],
    scale: Tensor,
    ids: Int64[Tensor, " batch"],
) -> Float[Tensor, ""]:
    """Symmetric contrastive loss; rows with the same caption share the target."""
    logits = scale * images @ texts.T
    same = (ids[:, None] == ids[None, :]).float()
    target = same / same.sum(1, keepdim=True)
    return (
        functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)
    ) / 2
