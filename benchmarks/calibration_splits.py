"""A world's images split anew into projects: training images, a hold-out, and a test split."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int8

from bench.world import SPLITS, World
from components.labels.hiding import hide
from components.labels.matrix import LabelMatrix
from components.labels.protocols import SinglePositive
from components.models.images import Regions
from components.training.task import Holdout, SomeRows, Task

TEST_SHARE = 0.35
HOLDOUT_SIZES = np.linspace(30, 60, 10).round().astype(int)
DEMO_SHARES = (0.15, 0.2)
"""Of hold-out and test split, as the demo has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """A project's task, and the test split that it never sees."""

    task: Task
    test_vectors: Float32[np.ndarray, "examples embed"]
    test_states: Int8[np.ndarray, "examples labels"]
    test_regions: Regions | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pool:
    """All images of a world, whatever split they are of."""

    world: World
    views: Float32[np.ndarray, "views examples embed"]
    states: Int8[np.ndarray, "examples labels"]
    regions: tuple[Regions, ...]
    ids: tuple[str, ...]

    def split(
        self, order: np.ndarray, sizes: tuple[int, int, int], hidden: int | None = None
    ) -> Split:
        """The first images in an order are tested, the next held out, the next learned from.

        Args:
            order: Of the images.
            sizes: How many are tested, held out and learned from.
            hidden: Seed by which all labels but one of each training image are hidden; None
                hides nothing.
        """
        test, val, train = np.split(order[: sum(sizes)], np.cumsum(sizes)[:2])
        learned = self.states[train]
        if hidden is not None:
            ids = tuple(self.ids[row] for row in train)
            matrix = LabelMatrix(ids, self.world.vocabulary, learned)
            learned = hide(matrix, SinglePositive(), seed=hidden).kept.states
        first = self.regions[0] if self.regions else None
        holdout = Holdout.of(
            self.views[0][val], self.states[val], None if first is None else SomeRows(first, val)
        )
        task = Task(
            views=self.views[:, train],
            states=learned,
            names=self.world.names,
            holdout=holdout,
            regions=tuple(SomeRows(each, train) for each in self.regions),
            grid=self.world.grid,
        )
        return Split(
            task=task,
            test_vectors=self.views[0][test],
            test_states=self.states[test],
            test_regions=None if first is None else SomeRows(first, test),
        )


def thin_splits(world: World, number: int) -> Iterator[Split]:
    """Projects with hold-outs of 30 to 60 images; every label of theirs is known."""
    pool = _pool(world)
    num_images = len(pool.states)
    num_test = round(TEST_SHARE * num_images)
    for seed in range(number):
        size = int(HOLDOUT_SIZES[seed * len(HOLDOUT_SIZES) // number])
        order = np.random.default_rng(seed).permutation(num_images)
        yield pool.split(order, (num_test, size, num_images - num_test - size))


def demo_splits(world: World, number: int, most_training: int | None) -> Iterator[Split]:
    """Projects as the demo's: one label of each training image, the hold-out known.

    Args:
        world: Of drawn scenes.
        number: How many.
        most_training: Training images that are kept; None keeps all.
    """
    pool = _pool(world)
    num_images = len(pool.states)
    num_val, num_test = (round(share * num_images) for share in DEMO_SHARES)
    num_train = num_images - num_val - num_test
    for seed in range(number):
        order = np.random.default_rng(seed).permutation(num_images)
        sizes = (num_test, num_val, min(num_train, most_training or num_train))
        yield pool.split(order, sizes, hidden=seed)


def _pool(world: World) -> _Pool:
    parts = [world.parts[split] for split in SPLITS]
    num_views = min(len(part.regions) for part in parts)
    return _Pool(
        world=world,
        views=np.concatenate([np.array(part.views) for part in parts], axis=1),
        states=np.concatenate([part.states for part in parts]),
        regions=tuple(
            np.concatenate([np.array(part.regions[view]) for part in parts])
            for view in range(num_views)
        ),
        ids=tuple(name for part in parts for name in part.ids),
    )
