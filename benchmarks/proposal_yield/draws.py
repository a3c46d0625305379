"""Draws of hidden labels: masks of one world, or new splits of a few photographs."""

from dataclasses import replace

import numpy as np

from bench.protocols import CAPTIONS, label_task
from bench.world import Part, World
from benchmarks.proposal_yield.measured import Draw
from components.labels.states import PRESENT
from components.training.task import Holdout

NAMES_ONLY = "names-only"
HOLDOUT_IMAGES = 60
"""Of a split of photographs."""


def draw_of(world: World, protocol: str, *, seed: int) -> Draw:
    """The training images of a world, hidden by a mask of its own; of ``names-only``, all.

    The hold-out is hidden alike, but for single-positive, where it keeps its labels, as it does
    in the demo: of one positive an image nothing could be calibrated.
    """
    hiding = "single-positive" if protocol == NAMES_ONLY else protocol
    kind = "clean" if hiding == "single-positive" else "observed"
    task = label_task(world, hiding, seed=seed, holdout=kind).task
    if protocol == NAMES_ONLY:
        held = task.holdout
        nothing = Holdout.of(held.vectors, np.zeros_like(held.states), held.regions)
        task = replace(task, states=np.zeros_like(task.states), holdout=nothing)
    return Draw(
        task=task,
        truth=world.parts["train"].states == PRESENT,
        ids=world.parts["train"].ids,
        holdout_ids=world.parts["val"].ids,
        labels=world.vocabulary.names,
    )


def protocols_of(world: World, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Those that a world can offer."""
    return tuple(each for each in asked if each != CAPTIONS or world.captions is not None)


def split_anew(world: World, *, seed: int) -> World:
    """All photographs of a world, dealt anew into training images and hold-out."""
    parts = [world.parts[split] for split in ("train", "val", "test")]
    views = np.concatenate([each.views for each in parts], axis=1)
    states = np.concatenate([each.states for each in parts])
    ids = [name for each in parts for name in each.ids]
    num_views = min(len(each.regions) for each in parts if len(each.ids))
    regions = [
        np.concatenate([each.regions[view] for each in parts if len(each.ids)])
        for view in range(num_views)
    ]
    order = np.random.default_rng([seed, 20]).permutation(len(ids))

    def part(rows: np.ndarray) -> Part:
        return Part(
            ids=tuple(ids[row] for row in rows),
            states=states[rows],
            views=views[:, rows],
            regions=tuple(each[rows] for each in regions),
        )

    held, train = np.sort(order[:HOLDOUT_IMAGES]), np.sort(order[HOLDOUT_IMAGES:])
    return replace(
        world,
        parts={"train": part(train), "val": part(held), "test": part(held[:0])},
        captions=None,
    )
