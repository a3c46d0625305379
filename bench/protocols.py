"""Which labels a cell may learn from: the bench's protocols, applied to a world.

A label protocol hides in the training images and in the hold-out alike, so that
settings are not chosen on labels that the situation does not have. The test
split keeps its truth and is used for scoring alone.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int8

from bench.world import World
from components.captions.captioned_images import CaptionedImages, captioned_images
from components.errors import InputError
from components.labels.hiding import hide, mask_hash
from components.labels.matrix import LabelMatrix
from components.labels.protocols import HidingProtocol, parse_protocol
from components.training.task import Holdout, Task

CAPTIONS = "captions"
SKETCH = "sketch"
PROPOSALS = "proposals"
HoldoutKind = Literal["observed", "clean"]
HoldoutChoice = Literal["protocol", "observed", "clean"]

RATIOS = tuple(f"partial:{tenth / 10:g}" for tenth in range(1, 10))
DEFAULT = (
    "single-positive",
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
    """The hold-out's labels under a protocol.

    Single-positive is published with a clean hold-out (Cole et al. 2021, VLPL), and could
    hardly do without: the one positive that was kept is more often that of an image with
    few labels, so ranking kept positives first is not ranking well. All other protocols hide
    in the hold-out as in training.
    """
    if choice != "protocol":
        return choice
    return "clean" if protocol == "single-positive" else "observed"


def check_protocol(word: str) -> str:
    """The protocol's word in its one spelling.

    Raises:
        InputError: If it names no protocol of the bench.
    """
    if word in (CAPTIONS, SKETCH, PROPOSALS):
        return word
    try:
        protocol = parse_protocol(word)
    except InputError as fault:
        raise InputError(
            f"{str(fault).rstrip('.')}. The bench also knows {CAPTIONS}, {SKETCH} and {PROPOSALS}."
        ) from None
    if protocol.released is not None:
        raise InputError(
            f"{word} draws as released code does, from the order of a published list; the bench's "
            f"worlds have none: use {word.partition('@')[0]}."
        )
    return str(protocol)


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
    else:
        train, val = _hidden(world, parse_protocol(word), seed)
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


def _said_by_captions(world: World) -> tuple[np.ndarray, np.ndarray]:
    if world.captions is None:
        raise InputError(f"the images of world {world.name} have no captions")
    return world.captions.train, world.captions.val


def _matrix(world: World, states: Int8[np.ndarray, "examples labels"]) -> LabelMatrix:
    ids = (*world.parts["train"].ids, *world.parts["val"].ids)
    return LabelMatrix(ids, world.vocabulary, states)
