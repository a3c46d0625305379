"""The bench from worlds to page: make worlds, measure cells, compare, write."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cell import cell_key
from bench.code_version import code_version
from bench.compare import Comparisons
from bench.grid import Plan, all_methods, check_methods
from bench.page import plot_files, render_bench
from bench.rows import (
    Cell,
    Row,
    find_rows,
    finished_by_any_code,
    write_json_lines,
)
from bench.runner import run_cells
from bench.table import difference_words, markdown, tables
from bench.world import World, open_world
from components.atomic import write_text
from examples.worlds.catalog import Skipped, check_worlds, make_world


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What is printed, and how many cells failed."""

    lines: list[str]
    num_failed: int


def run_bench(
    options: argparse.Namespace, protocols: tuple[str, ...], num_seeds: int
) -> BenchReport:
    """Measure what is missing, then write rows, table and page.

    Raises:
        InputError: If a world or method does not exist.
    """
    check_worlds(options.world)
    check_methods(options.method)
    out: Path = options.out
    made = {name: make_world(name, out, options.cards) for name in options.world or ["cards"]}
    skipped = [each for each in made.values() if isinstance(each, Skipped)]
    worlds = {name: each for name, each in made.items() if isinstance(each, Path)}
    plan = Plan(
        worlds=tuple(worlds),
        protocols=protocols,
        methods=tuple(options.method) or all_methods(),
        seeds=num_seeds,
        holdout=options.holdout,
    )
    plan.check()
    cells = plan.cells
    opened = {name: open_world(path) for name, path in worlds.items()}
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
    code = code_version()
    fresh = [cell for cell in cells if cell not in kept]
    found = {
        row.cell: row
        for row in find_rows(out, (cell_key(cell, opened[cell.world], code) for cell in fresh))
    }
    by_cell = kept | found
    return [by_cell[cell] for cell in cells if cell in by_cell]


def _write(
    rows: list[Row],
    out: Path,
    options: argparse.Namespace,
    skipped: Sequence[Skipped],
    failures: Sequence[Path],
) -> list[str]:
    comparisons = Comparisons(out, rows)
    blocks = [markdown(table) for table in tables(comparisons)]
    sentences = [difference_words(each) for each in comparisons.ours_against_best()]
    notes = [f"World {each.name} was left out: {each.reason}." for each in skipped]
    notes += [f"A cell failed and will be tried again: {path}" for path in failures]
    if options.json:
        write_json_lines(options.json, rows)
    table = "\n\n".join([*blocks, "\n".join(f"- {line}" for line in sentences)])
    write_text(out / "bench.md", table + "\n")
    page = out / "bench.html"
    write_text(page, render_bench(rows, comparisons, notes, options.holdout))
    for name, plot in plot_files(comparisons).items():
        write_text(out / "plots" / name, plot)
    print(f"bench: {len(rows)} rows", file=sys.stderr)
    return ["\n\n".join(blocks), "", *sentences, *notes, f"The page: {page}"]
