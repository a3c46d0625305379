"""The bench from worlds to page: measure cells, compare, write."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cell import cell_key
from bench.code_version import code_version
from bench.compare import Comparisons
from bench.grid import Grid, all_methods, kinds_of
from bench.page import render_bench
from bench.page_plots import draw_page_plots
from bench.protocols import HoldoutChoice
from bench.rows import (
    Cell,
    Row,
    find_rows,
    finished_by_any_code,
    write_json_lines,
)
from bench.runner import run_cells
from bench.table import difference_words, markdown, tables
from bench.world import Skipped, World, open_world
from components.atomic import write_text


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchOptions:
    """What to measure, how, and where it is kept."""

    protocols: tuple[str, ...]
    num_seeds: int
    """Masks and trainings of each."""
    out: Path
    methods: tuple[str, ...] = ()
    """Empty takes them all."""
    holdout: HoldoutChoice = "protocol"
    at_once: int = 2
    """Cells side by side."""
    local: bool = False
    """Whether to measure in this process, without Ray."""
    any_code: bool = False
    """Whether finished rows count whatever code made them."""
    json_lines: Path | None = None
    """File to which one JSON line a row is written."""


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What is printed, and how many cells failed."""

    lines: list[str]
    num_failed: int


def run_bench(options: BenchOptions, made: Mapping[str, Path | Skipped]) -> BenchReport:
    """Measure what is missing, then write rows, table and page.

    Args:
        options: What to measure, and how.
        made: The directory of each world's arrays by its name, or why it is left out.

    Raises:
        InputError: If no world has what is asked for.
    """
    out = options.out
    skipped = [each for each in made.values() if isinstance(each, Skipped)]
    worlds = {name: each for name, each in made.items() if isinstance(each, Path)}
    opened = {name: open_world(path) for name, path in worlds.items()}
    grid = Grid(
        worlds={name: kinds_of(world) for name, world in opened.items()},
        protocols=options.protocols,
        methods=options.methods or all_methods(),
        seeds=options.num_seeds,
        holdout=options.holdout,
    )
    grid.check()
    cells = grid.cells
    hashes = {name: world.split_hash for name, world in opened.items()}
    kept = finished_by_any_code(out, cells, hashes) if options.any_code else {}
    failures = run_cells(
        [cell for cell in cells if cell not in kept],
        worlds,
        out,
        local=options.local,
        at_once=options.at_once,
    )
    rows = _rows(cells, opened, out, kept)
    return BenchReport(_write(rows, out, options, skipped, failures), len(failures))


def _rows(
    cells: Sequence[Cell], opened: dict[str, World], out: Path, kept: dict[Cell, Row]
) -> list[Row]:
    keys = (
        cell_key(cell, opened[cell.world], code_version(cell.method))
        for cell in cells
        if cell not in kept
    )
    found = {row.cell: row for row in find_rows(out, keys)}
    by_cell = kept | found
    return [by_cell[cell] for cell in cells if cell in by_cell]


def _write(
    rows: list[Row],
    out: Path,
    options: BenchOptions,
    skipped: Sequence[Skipped],
    failures: Sequence[Path],
) -> list[str]:
    comparisons = Comparisons(out, rows)
    main = tables(comparisons)
    plots = draw_page_plots(comparisons, main)
    blocks = [markdown(table) for table in main]
    sentences = [difference_words(each) for each in comparisons.ours_against_best()]
    notes = [f"World {each.name} was left out: {each.reason}." for each in skipped]
    notes += [f"A cell failed and will be tried again: {path}" for path in failures]
    if options.json_lines:
        write_json_lines(options.json_lines, rows)
    table = "\n\n".join([*blocks, "\n".join(f"- {line}" for line in sentences)])
    write_text(out / "bench.md", table + "\n")
    page = out / "bench.html"
    write_text(
        page,
        render_bench(rows, comparisons, main, plots, notes=notes, holdout=options.holdout),
    )
    for name, plot in plots.files.items():
        write_text(out / "plots" / name, plot)
    print(f"bench: {len(rows)} rows", file=sys.stderr)
    return ["\n\n".join(blocks), "", *sentences, *notes, f"The page: {page}"]
