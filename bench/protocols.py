"""Which labels a cell may learn from: the bench's protocols, applied to a world.

A label protocol hides in the training images and in the hold-out alike, so that
settings are not chosen on labels that the situation does not have; the one that is
published with a clean hold-out says so in its name. The test split keeps its truth and is
used for scoring alone.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int8

from bench.world import Part, World
from components.captions.captioned_images import CaptionedImages, captioned_images
from components.errors import InputError
from components.labels.hiding import hide, mask_hash
from components.labels.matrix import LabelMatrix
from components.labels.protocols import HidingProtocol, parse_protocol
from components.labels.states import PRESENT
from components.training.task import Holdout, Task

CAPTIONS = "captions"
SINGLE_CLEAN = "single-positive/clean"
"""As published (Cole et al. 2021, VLPL): training keeps one positive an image, the hold-out all."""
SINGLE_LARGEST = "single-positive/largest"
"""The one positive is the largest thing in the image, as people name it first: its labels are
not a uniform draw, which flatters methods (Merlin L48, arXiv 2511.00252)."""
SKETCH = "sketch"
PROPOSALS = "proposals"
HoldoutKind = Literal["observed", "clean"]
HoldoutChoice = Literal["protocol", "observed", "clean"]

RATIOS = tuple(f"partial:{tenth / 10:g}" for tenth in range(1, 10))
DEFAULT = (
    "single-positive",
    SINGLE_CLEAN,
    SINGLE_LARGEST,
    "partial:0.1",
    "partial:0.5",
    "partial:0.9",
    "few:0.01",
    "few:0.05",
    "few:0.1",
    "few:0.2",
    CAPTIONS,
    SKETCH,
    PROPOSALS,
)
QUICK = ("single-positive", "partial:0.5", "few:0.1", SKETCH, PROPOSALS)


def holdout_of(protocol: str, choice: HoldoutChoice) -> HoldoutKind:
    """The hold-out's labels under a protocol: hidden as in training, but for the one that says so."""
    if choice != "protocol":
        return choice
    return "clean" if protocol == SINGLE_CLEAN else "observed"


def check_protocol(word: str) -> str:
    """The protocol's word in its one spelling.

    Raises:
        InputError: If it names no protocol of the bench.
    """
    if word in _WORDS:
        return word
    try:
        protocol = parse_protocol(word)
    except InputError as fault:
        raise InputError(
            f"{str(fault).rstrip('.')}. The bench also knows {', '.join(_WORDS)}."
        ) from None
    if protocol.released is not None:
        raise InputError(
            f"{word} draws as released code does, from the order of a published list; the bench's "
            f"worlds have none: use {word.partition('@')[0]}."
        )
    return str(protocol)


_WORDS = (CAPTIONS, SINGLE_CLEAN, SINGLE_LARGEST, SKETCH, PROPOSALS)


@dataclass(frozen=True, slots=True)
class MaskedTask:
    """What a cell may learn from, and the hash of the cells that are known."""

    task: Task
    mask_hash: str


def label_task(world: World, word: str, *, seed: int, holdout: HoldoutKind) -> MaskedTask:
    """The task of a label or caption protocol.

    Raises:
        InputError: If the world cannot offer it.
    """
    if word == CAPTIONS:
        train, val = _said_by_captions(world)
    elif word == SINGLE_LARGEST:
        train, val = (_largest(world, world.parts[split]) for split in ("train", "val"))
    else:
        train, val = _hidden(world, parse_protocol(word.removesuffix("/clean")), seed)
    if holdout == "clean":
        val = world.parts["val"].states
    images = world.parts["val"]
    task = Task(
        views=np.array(world.parts["train"].views),
        states=train,
        names=world.names,
        holdout=Holdout.of(
            np.array(images.views[0]), val, images.regions[0] if images.regions else None
        ),
        regions=world.parts["train"].regions,
        grid=world.grid,
        captions=_captioned(world) if word == CAPTIONS else None,
    )
    return MaskedTask(task, mask_hash(_matrix(world, np.concatenate([train, val]))))


def _captioned(world: World) -> CaptionedImages | None:
    if world.captions is None:
        return None
    said = world.captions.tags
    return captioned_images(
        len(world.parts["train"].ids),
        (said.caption_rows, said.caption_vectors),
        (said.object_tags, said.object_vectors),
        (said.attribute_tags, said.attribute_vectors),
    )


def _hidden(world: World, protocol: HidingProtocol, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """States of train and val, drawn by one mask."""
    both = [world.parts[split].states for split in ("train", "val")]
    kept = hide(_matrix(world, np.concatenate(both)), protocol, seed=seed).kept.states
    return kept[: len(both[0])], kept[len(both[0]) :]


def _largest(world: World, part: Part) -> Int8[np.ndarray, "examples labels"]:
    """The one label of each image whose things cover most of it; unknown otherwise."""
    if part.sizes is None:
        raise InputError(f"of the things in the images of world {world.name} no sizes are known")
    sizes = np.where(part.states == PRESENT, part.sizes, 0)
    largest = sizes.argmax(axis=1)
    rows = np.flatnonzero(sizes.max(axis=1) > 0)
    states = np.zeros_like(part.states)
    states[rows, largest[rows]] = PRESENT
    return states


def _said_by_captions(world: World) -> tuple[np.ndarray, np.ndarray]:
    if world.captions is None:
        raise InputError(f"the images of world {world.name} have no captions")
    return world.captions.train, world.captions.val


def _matrix(world: World, states: Int8[np.ndarray, "examples labels"]) -> LabelMatrix:
    ids = (*world.parts["train"].ids, *world.parts["val"].ids)
    return LabelMatrix(ids, world.vocabulary, states)
