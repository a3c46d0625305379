"""Paired differences between methods: same mask, same test images, same draws.

An interval draws the test images again and, where there are several, the seeds and the
draws of the world too: draw b takes the images of draw b and a sample of the seeds with
replacement. Both methods of a pair are scored on exactly that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from bench.entries import BASELINES, OURS
from bench.protocols import PROPOSALS, SKETCH
from bench.rows import Row, scores_path
from components.metrics.bootstrap import Interval, centred_interval, interval

PRIMARY = {SKETCH: "mAP_all", PROPOSALS: "recall_at_equal_precision"}
SEED_OF_SEEDS = 1

Draws = Mapping[str, Float32[np.ndarray, " draws"]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The rows of one method in one protocol of one world, all its draws, by seed."""

    world: str
    protocol: str
    method: str
    rows: tuple[Row, ...]

    def mean(self, metric: str) -> float:
        """Over the seeds; NaN where it was not measured."""
        values = [row.metrics.get(metric, float("nan")) for row in self.rows]
        return float(np.mean(values)) if values else float("nan")


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """``method`` − ``against``, over the seeds that both have."""

    world: str
    protocol: str
    metric: str
    method: str
    against: str
    seeds: int
    interval: Interval

    @property
    def verdict(self) -> str:
        """``above`` or ``below`` where the interval lies on one side of 0, else ``level``."""
        if self.interval.low > 0:
            return "above"
        return "below" if self.interval.high < 0 else "level"


def primary_metric(protocol: str) -> str:
    """The figure that a protocol is compared by."""
    return PRIMARY.get(protocol, "mAP")


def world_drawn(row: Row) -> str:
    """The world that a row's was drawn from: draws are told apart as seeds are, and averaged."""
    return row.cell.world.partition("@")[0]


def grouped(rows: Sequence[Row]) -> list[Group]:
    """Rows that were measured, by world, protocol and method in their first order."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.is_ok:
            key = (world_drawn(row), row.cell.protocol, row.cell.method)
            found.setdefault(key, []).append(row)
    return [
        Group(
            world=world,
            protocol=protocol,
            method=method,
            rows=tuple(sorted(members, key=lambda row: row.cell.seed)),
        )
        for (world, protocol, method), members in found.items()
    ]


class Comparisons:
    """Intervals of rows and of their differences; draws are read once."""

    def __init__(self, out: Path, rows: Sequence[Row]) -> None:
        self._out = out
        self._draws: dict[str, Draws] = {}
        self.groups = grouped(rows)

    def figure(self, group: Group, metric: str) -> Interval:
        """A method's figure with its interval."""
        draws = self._drawn(group.rows, metric)
        return centred_interval(group.mean(metric), crossed(draws))

    def difference(self, ours: Group, theirs: Group, metric: str) -> Difference | None:
        """The paired difference; None where no seed was measured on the same mask and images."""
        pairs = list(_pairs(ours, theirs))
        if not pairs:
            return None
        draws = self._drawn([a for a, _ in pairs], metric) - self._drawn(
            [b for _, b in pairs], metric
        )
        mean = float(np.mean([a.metrics[metric] - b.metrics[metric] for a, b in pairs]))
        return Difference(
            world=ours.world,
            protocol=ours.protocol,
            metric=metric,
            method=ours.method,
            against=theirs.method,
            seeds=len(pairs),
            interval=interval(mean, crossed(draws)),
        )

    def against_baselines(self, metric: str | None = None) -> list[Difference]:
        """Every method against each baseline of its protocol."""
        found = [
            self.difference(group, theirs, metric or primary_metric(group.protocol))
            for group in self.groups
            for name in BASELINES
            if name != group.method
            if (theirs := self._find(group, name)) is not None
        ]
        return [each for each in found if each is not None]

    def ours_against_best(self, metric: str | None = None) -> list[Difference]:
        """Our recipe against the best of the others, by the mean over seeds on test."""
        found: list[Difference] = []
        for ours in self.groups:
            figure = metric or primary_metric(ours.protocol)
            rivals = [
                group
                for group in self.groups
                if _place(group) == _place(ours) and group.method != OURS
            ]
            if ours.method != OURS or not rivals:
                continue
            best = max(rivals, key=lambda group: group.mean(figure))
            difference = self.difference(ours, best, figure)
            found += [difference] if difference else []
        return found

    def kept(self, row: Row, name: str) -> np.ndarray:
        """An array that was kept beside a row."""
        with np.load(scores_path(self._out, row.key), allow_pickle=False) as kept:
            return kept[name]

    def _find(self, like: Group, method: str) -> Group | None:
        return next(
            (g for g in self.groups if _place(g) == _place(like) and g.method == method), None
        )

    def _drawn(self, rows: Sequence[Row], metric: str) -> Float32[np.ndarray, "seeds draws"]:
        return np.stack([self._of_row(row)[f"draws_{metric}"] for row in rows])

    def _of_row(self, row: Row) -> Draws:
        if row.key not in self._draws:
            with np.load(scores_path(self._out, row.key), allow_pickle=False) as kept:
                self._draws[row.key] = {
                    name: kept[name] for name in kept.files if name.startswith("draws_")
                }
        return self._draws[row.key]


def crossed(draws: Float32[np.ndarray, "seeds draws"]) -> Float32[np.ndarray, " draws"]:
    """One figure a draw: the mean over a sample of the seeds, in that draw of the images."""
    num_seeds, num_draws = draws.shape
    chosen = np.random.default_rng(SEED_OF_SEEDS).integers(num_seeds, size=(num_seeds, num_draws))
    return np.take_along_axis(draws, chosen, axis=0).mean(axis=0)


def _place(group: Group) -> tuple[str, str]:
    return group.world, group.protocol


def _pairs(ours: Group, theirs: Group) -> Iterator[tuple[Row, Row]]:
    """Rows of the same seed, mask and split."""
    other = {(row.cell.seed, row.mask_hash, row.split_hash): row for row in theirs.rows}
    for row in ours.rows:
        same = other.get((row.cell.seed, row.mask_hash, row.split_hash))
        if same is not None:
            yield row, same
