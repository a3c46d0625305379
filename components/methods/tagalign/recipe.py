"""TagAlign: captions and the tags in them teach a projector of regions (arXiv 2312.14149).

    L = w_c · contrastive(images, captions) + w_t · Σ over lists of multi-tag softmax

with components/methods/tagalign/losses.py, on the similarities that the head gives
(components/models/heads/projected.py); see methods.md, section 4. One list is of
objects, one of attributes. The label names stand in the objects' list, so that the
projector learns them too; a label is a tag where its state is present.

Not as in the paper: features are cached, so there is no augmentation but the flipped
view; Adam with the loop's schedule instead of AdamW with a constant rate; decay, if any,
pulls to the start; an image may have several captions, and a caption several images.
"""

import math
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import logit
from torch import Tensor, nn

from components.captions.captioned_images import CaptionedImages, TagList, with_labels
from components.errors import InputError
from components.labels.states import PRESENT
from components.methods.tagalign.losses import contrastive, multi_tag_softmax, scaled
from components.methods.tagalign.settings import TagAlignSettings
from components.models.gated_projector import GatedProjector
from components.models.heads.head import Head, detached_copy
from components.models.heads.projected import ProjectedHead
from components.training.learner import Batch, Learner
from components.training.linear import expected_share
from components.training.task import Task

_FIRST_SCALE = 1 / 0.07
_IMAGES_LOOKED_AT = 128


def attempts(task: Task) -> tuple[TagAlignSettings, ...]:
    """Both kinds of tags or objects alone, and how regions make an image's similarity."""
    objects = TagAlignSettings(kinds="objects")
    return (
        TagAlignSettings(),
        objects,
        replace(objects, caption_weight=0.3),
        replace(objects, pool="mean"),
    )


def build(settings: TagAlignSettings, task: Task) -> Learner:
    """The head at zero-shot.

    Raises:
        InputError: If captions, regions and labels do not fit, or nothing can be learnt.
    """
    captions, grid = _read(task)
    _check(settings, captions, grid, task)
    return TagAlignLearner(settings, captions, grid, task)


def _read(task: Task) -> tuple[CaptionedImages, tuple[int, int]]:
    if task.captions is None:
        raise InputError(
            "TagAlign needs captions, and this task has none; use protocol captions on a world "
            "with captions, or another method."
        )
    if task.grid is None:
        raise InputError(
            "TagAlign needs region vectors and their grid, and this task has none; embed with "
            "regions, or take another method."
        )
    return task.captions, task.grid


class TagAlignLearner(Learner):
    """The projected head, and a scale for each softmax."""

    def __init__(
        self,
        settings: TagAlignSettings,
        captions: CaptionedImages,
        grid: tuple[int, int],
        task: Task,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.captions = captions.captions
        text = torch.from_numpy(task.names.vectors)
        self.projected = ProjectedHead(
            GatedProjector(
                text.shape[1],
                num_blocks=settings.num_blocks,
                kernel_size=settings.kernel_size,
                seed=int(torch.randint(2**31, ()).item()),
            ),
            text,
            grid,
            best_region=settings.pool == "best",
            sharpness=1 / task.names.temperature,
        )
        self._freeze_what_no_loss_reaches()
        lists = _tag_lists(settings, captions, task)
        self.lists = lists
        self.scales = nn.ParameterDict(
            {
                name: nn.Parameter(torch.tensor(_FIRST_SCALE).log())
                for name in (*(["captions"] if settings.caption_weight else []), *lists)
            }
        )
        for name, tags in lists.items():
            vectors = torch.from_numpy(np.asarray(tags.vectors, np.float32))
            self.register_buffer(f"{name}_text", vectors, persistent=False)
        self._share = expected_share(task.states)
        self._some_regions = _some_regions(task)

    def _freeze_what_no_loss_reaches(self) -> None:
        self.projected.scale.requires_grad_(False)
        self.projected.bias.requires_grad_(False)
        self.projected.log_sharpness.requires_grad_(self.settings.pool == "best")

    def forward(self, batch: Batch) -> Float[Tensor, ""]:
        """L of the batch."""
        rows = batch.rows.cpu().numpy()
        regions = batch.images.required_regions()
        captions = self.captions
        used = captions.matrix.used(rows) if "captions" in self.scales else np.zeros(0, np.int32)
        texts = [self._tensor(captions.vectors[used])]
        texts += [cast(Tensor, getattr(self, f"{name}_text")) for name in self.lists]
        cosines = self.projected.similarity(regions, torch.cat(texts))
        cosines = cosines.to(torch.promote_types(cosines.dtype, torch.float32))
        parts = cosines.split([len(each) for each in texts], dim=1)
        loss = cosines.new_zeros(())
        if len(used):
            partners = self._tensor(captions.matrix.dense(rows, used)) > 0
            given = contrastive(scaled(parts[0], self.scales["captions"]), partners)
            loss = loss + self.settings.caption_weight * given
        for (name, tags), part in zip(self.lists.items(), parts[1:], strict=True):
            targets = self._tensor(tags.matrix.dense(rows))
            given = multi_tag_softmax(scaled(part, self.scales[name]), targets).mean()
            loss = loss + self.settings.tag_weight * given
        return loss

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(array, np.float32)).to(self.projected.text)

    def head(self) -> Head:
        """A copy whose sigmoid can be read as a rough probability.

        The losses only compare; scale is the objects' (else the first there is), and the
        bias puts the mean of some images' logits where the label's share is.
        """
        head = detached_copy(self.projected)
        name = "objects" if "objects" in self.scales else next(iter(self.scales))
        with torch.no_grad():
            head.scale.copy_(scaled(torch.ones_like(head.scale), self.scales[name]))
            seen = head.similarity(self._tensor(self._some_regions), head.text)
            share = np.clip(self._share.astype(np.float64), 1e-3, 0.5)
            head.bias.copy_(self._tensor(logit(share)) - head.scale * seen.mean(dim=0))
        return head

    def anchored(self) -> list[nn.Parameter]:
        """Matrices and kernels; gates, biases, norms and scales are free."""
        return [each for each in self.projected.projector.parameters() if each.ndim > 1]


def _tag_lists(
    settings: TagAlignSettings, captions: CaptionedImages, task: Task
) -> dict[str, TagList]:
    lists: dict[str, TagList] = {}
    if settings.kinds in {"objects", "both"}:
        lists["objects"] = with_labels(captions.objects, task.names.vectors, task.states)
    if settings.kinds in {"attributes", "both"} and captions.attributes.matrix.num_tags:
        lists["attributes"] = captions.attributes
    return lists


def _some_regions(task: Task) -> np.ndarray:
    count = len(task.states)
    rows = np.linspace(0, count - 1, min(count, _IMAGES_LOOKED_AT)).astype(np.int64)
    return np.asarray(task.regions[0][rows], np.float32)


def _check(
    settings: TagAlignSettings, captions: CaptionedImages, grid: tuple[int, int], task: Task
) -> None:
    if captions.num_images != len(task.states):
        raise InputError(
            f"Captions of {captions.num_images} images for {len(task.states)} training "
            "images; read the captions of just these."
        )
    count, embed = task.regions[0].shape[1:]
    if math.prod(grid) != count or not count:
        raise InputError(
            f"{count} regions an image for a grid of {grid[0]} × {grid[1]}: TagAlign "
            "needs region features; choose an encoder that has them and embed again."
        )
    if captions.captions.vectors.shape[1] != embed:
        raise InputError(
            f"Captions have vectors of {captions.captions.vectors.shape[1]}, regions of {embed}; "
            "take both from one encoder."
        )
    if not len(captions.captions.matrix.columns):
        raise InputError(
            "TagAlign learns from captions, and no training image has one; bring captions, or take "
            "a recipe that learns from labels."
        )
    _check_tags(settings, captions, task)


def _check_tags(settings: TagAlignSettings, captions: CaptionedImages, task: Task) -> None:
    named = bool(len(captions.objects.matrix.columns) or (task.states == PRESENT).any())
    described = bool(len(captions.attributes.matrix.columns))
    wanted = {"none": True, "objects": named, "attributes": described, "both": named or described}
    if not wanted[settings.kinds]:
        raise InputError(
            f"No caption gave a tag of kind {settings.kinds}; captions are read in English only, and "
            "a tag counts from a few mentions on: look at the captions, or lower min_count."
        )
