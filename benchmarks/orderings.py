"""The orderings that the published methods lead one to expect, on cards.

Run from the project root: ``python -m benchmarks.orderings [--json] [--cards PROJECT]``.
Cells of `efuda bench` (each is measured once and kept), five seeds, paired: the same mask
and the same test images for both methods, intervals over images and seeds.

assume-negative < entropy ≤ VLPL on single-positive labels; methods that read regions above
methods of whole images, on images with three labels or more. The other orderings have
benchmarks of their own: contexts and weights in ``benchmarks.contexts``, attributes in
``benchmarks.tag_queries``, converted sketches in ``benchmarks.sketches``.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from bench.cell import cell_key
from bench.code_version import code_version
from bench.compare import Comparisons, Difference
from bench.grid import Grid, kinds_of
from bench.rows import find_rows
from bench.runner import run_cells
from bench.world import Skipped, open_world
from benchmarks.figures import Figure, figure_line
from components.errors import InputError
from examples.worlds.catalog import make_world

NUM_SEEDS = 5
PROTOCOLS = ("single-positive", "partial:0.5", "few:0.2")
WHOLE_IMAGES = ("assume_negative", "ignore_unknown", "entropy", "vlpl")
REGIONS = ("trm_ml", "csa", "efuda")
LOSSES = (("entropy", "assume_negative"), ("vlpl", "entropy"), ("vlpl", "assume_negative"))


def measured(out: Path, cards: Path | None, *, local: bool) -> Comparisons:
    """All rows, measuring those that are missing.

    Raises:
        InputError: If the world cannot be had, or a cell failed.
    """
    made = make_world("cards", out, cards)
    if isinstance(made, Skipped):
        raise InputError(made.reason)
    world = open_world(made)
    grid = Grid(
        worlds={"cards": kinds_of(world)},
        protocols=PROTOCOLS,
        methods=(*WHOLE_IMAGES, *REGIONS),
        seeds=NUM_SEEDS,
    )
    failures = run_cells(grid.cells, {"cards": made}, out, local=local)
    if failures:
        raise InputError(f"{len(failures)} cells failed; the first is told in {failures[0]}.")
    keys = (cell_key(cell, world, code_version(cell.method)) for cell in grid.cells)
    return Comparisons(out, find_rows(out, keys))


def figures(comparisons: Comparisons) -> Iterator[Figure]:
    """One paired difference a line; an ordering holds where its interval lies above 0."""
    for better, worse in LOSSES:
        yield from _difference(comparisons, "single-positive", better, worse, "mAP")
    for protocol in PROTOCOLS:
        for better in REGIONS:
            for worse in WHOLE_IMAGES:
                yield from _difference(comparisons, protocol, better, worse, "mAP_many")


def _difference(
    comparisons: Comparisons, protocol: str, better: str, worse: str, metric: str
) -> Iterator[Figure]:
    by_method = {g.method: g for g in comparisons.groups if g.protocol == protocol}
    found: Difference | None = comparisons.difference(by_method[better], by_method[worse], metric)
    if found is not None:
        yield Figure(
            name=f"{protocol}.{metric}.{better}_over_{worse}",
            value=found.interval.mean,
            unit="1",
            low=found.interval.low,
            high=found.interval.high,
            against=0.0,
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--cards", type=Path, help="a finished project of the cards world")
    parser.add_argument("--out", type=Path, default=Path("reports/bench"), help="where rows lie")
    parser.add_argument("--local", action="store_true", help="in this process, without Ray")
    arguments = parser.parse_args()
    try:
        comparisons = measured(arguments.out, arguments.cards, local=arguments.local)
    except InputError as fault:
        parser.error(str(fault))
    for figure in figures(comparisons):
        print(figure_line(figure) if arguments.json else _sentence(figure), flush=True)


def _sentence(figure: Figure) -> str:
    return f"{figure.name}: {figure.value:+.4f} [{figure.low:+.4f}, {figure.high:+.4f}]"


if __name__ == "__main__":
    main()
