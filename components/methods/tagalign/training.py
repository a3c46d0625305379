"""Training the gated projector on cached region features.

L = contrastive(images, captions) + Σ over lists of multi-tag softmax (methods.md,
section 4). As in the paper: AdamW, constant rate, weight decay 0.05 on matrices
only, eps 1e-6, gradients clipped at 5, learned scales from 1/0.07. Not as in
the paper: features are cached, so there is no augmentation; one process; as
many steps as asked for. Reports must say ``cached``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from components.captions.tag_matrix import TagMatrix
from components.errors import InputError
from components.methods.tagalign.losses import contrastive, multi_tag_softmax, similarities
from components.methods.tagalign.projector import GatedProjector, pooled

_FIRST_SCALE = math.log(1 / 0.07)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectorSchedule:
    """Length, speed and balance of a training.

    Attributes:
        epochs: Passes over the images.
        batch_size: Images a step.
        learning_rate: Constant.
        weight_decay: On matrices and kernels.
        contrastive_weight: Of the caption loss; 0 leaves it out.
        tag_weight: Of each list of tags.
        greatest_norm: To which gradients are clipped.
        kernel_size: 3, or 1 to leave neighbours out.
        device: Where to train.
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    contrastive_weight: float = 1.0
    tag_weight: float = 1.0
    greatest_norm: float = 5.0
    kernel_size: int = 3
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.epochs < 0 or self.batch_size < 2 or self.learning_rate <= 0:
            raise InputError(
                f"epochs {self.epochs}, batch_size {self.batch_size}, learning_rate "
                f"{self.learning_rate}: allowed are epochs >= 0, batch_size >= 2 (captions compete "
                "within a batch) and a rate above 0."
            )


@dataclass(frozen=True, slots=True)
class TagList:
    """The tags of one kind: which image has which, and their text vectors."""

    matrix: TagMatrix
    vectors: Float[np.ndarray, "tags embed"]


@dataclass(frozen=True, slots=True)
class TrainedProjector:
    """A projector with the mean loss of each epoch and the scales it ended with."""

    projector: GatedProjector
    history: list[float]
    scales: list[float]


def train_projector(
    regions: Float[np.ndarray, "images regions embed"],
    grid: tuple[int, int],
    captions: Float[np.ndarray, "captions caption_embed"],
    tag_lists: Sequence[TagList],
    schedule: ProjectorSchedule,
    *,
    seed: int,
    groups: Int64[np.ndarray, " groups"] | None = None,
) -> TrainedProjector:
    """Train a projector on region vectors that lie in the text space.

    Args:
        regions: Cached region vectors; float16 and memory-mapped will do.
        grid: Rows and columns of the regions.
        captions: Text vector of each image's caption.
        tag_lists: Objects, attributes, both or none.
        schedule: Length, speed and balance.
        seed: Of the start and of the order of images.
        groups: Rows of one group (one picture, or one caption) are partners of
            each other; every row has a group of its own where None.

    Raises:
        InputError: If there are no regions, or rows, grids or lengths do not fit.
    """
    _check(regions, grid, captions, tag_lists, groups)
    device = torch.device(schedule.device)
    projector = GatedProjector.on_projected(
        regions.shape[2], kernel_size=schedule.kernel_size, seed=seed
    ).to(device)
    scales = nn.ParameterList(
        nn.Parameter(torch.tensor(_FIRST_SCALE, device=device)) for _ in range(1 + len(tag_lists))
    )
    optimizer = _optimizer(projector, scales, schedule)
    tags = [torch.from_numpy(each.vectors).float().to(device) for each in tag_lists]
    rng = np.random.default_rng(seed)
    history: list[float] = []
    groups = np.arange(len(regions)) if groups is None else groups
    for _ in range(schedule.epochs):
        order = rng.permutation(len(regions))
        losses: list[float] = []
        for start in range(0, len(order), schedule.batch_size):
            rows = np.sort(order[start : start + schedule.batch_size])
            images = pooled(projector(_tensor(regions[rows], device), grid))
            texts = _tensor(captions[rows], device)
            same = torch.from_numpy(groups[rows][:, None] == groups[rows][None]).to(device)
            logits = similarities(images, texts, scales[0])
            loss = schedule.contrastive_weight * contrastive(logits, same)
            for each, vectors, scale in zip(tag_lists, tags, list(scales)[1:], strict=True):
                targets = _tensor(each.matrix.dense(rows), device)
                given = multi_tag_softmax(similarities(images, vectors, scale), targets)
                loss = loss + schedule.tag_weight * given.mean()
            _step(loss, optimizer, projector, scales, schedule.greatest_norm)
            losses.append(float(loss.detach()))
        history.append(float(np.mean(losses)))
    ended = [min(float(scale.detach().exp()), 100.0) for scale in scales]
    return TrainedProjector(projector.cpu().eval(), history, ended)


def _step(
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    projector: nn.Module,
    scales: nn.ParameterList,
    greatest_norm: float,
) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_([*projector.parameters(), *scales], greatest_norm)
    optimizer.step()


def _optimizer(
    projector: nn.Module, scales: nn.ParameterList, schedule: ProjectorSchedule
) -> torch.optim.Optimizer:
    """AdamW that does not decay gates, biases, norms and scales."""
    parameters = [*projector.parameters(), *scales]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate, eps=1e-6)


def _tensor(array: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(np.asarray(array, np.float32)).to(device)


def _check(
    regions: np.ndarray,
    grid: tuple[int, int],
    captions: np.ndarray,
    tag_lists: Sequence[TagList],
    groups: np.ndarray | None,
) -> None:
    images, count, embed = regions.shape
    if count == 0 or grid[0] * grid[1] != count:
        raise InputError(
            f"{count} regions an image for a grid of {grid[0]} × {grid[1]}: TagAlign needs region "
            "features; choose an encoder that has them and embed again."
        )
    rows = {"captions": len(captions), **({} if groups is None else {"groups": len(groups)})}
    rows |= {f"tags of list {i}": len(each.matrix) for i, each in enumerate(tag_lists)}
    for name, number in rows.items():
        if number != images:
            raise InputError(f"{number} {name} for {images} images; give one each.")
    for i, each in enumerate(tag_lists):
        if each.vectors.shape != (each.matrix.num_tags, embed):
            raise InputError(
                f"List {i} has {each.matrix.num_tags} tags and vectors of shape "
                f"{each.vectors.shape}; {each.matrix.num_tags} × {embed} are needed."
            )
    if captions.shape[1] != embed:
        raise InputError(
            f"Captions have vectors of {captions.shape[1]}, regions of {embed}; "
            "take both from one encoder."
        )
