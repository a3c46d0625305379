"""`efuda bench`.

Rows are kept one file a cell in the output directory, so that a bench that was
stopped goes on, and a larger one measures only what is new.
"""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from components.errors import InputError

if TYPE_CHECKING:
    from bench.world import Skipped

DEFAULT_OUT = Path("reports/bench")


def bench(
    world: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="cards (default), coco256, pacs280, clip_vitb16, or one draw of the first two "
            "such as cards@3; repeatable. They need Efuda's source tree.",
        ),
    ] = None,
    project: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="A world of your own: a finished project whose truth is known; repeatable.",
        ),
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="single-positive, single-positive/clean, single-positive/largest, "
            "partial:SHARE, few:SHARE, captions, sketch, proposals; repeatable.",
        ),
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these methods; repeatable.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Masks and trainings each (default: 3; 1 with --quick).")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(help="Draws of each of the worlds cards and coco256, averaged as seeds are."),
    ] = None,
    all_ratios: Annotated[
        bool, typer.Option("--all-ratios", help="partial:0.1 to partial:0.9.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="One seed of four protocols.")] = False,
    out: Annotated[Path, typer.Option(help="Where rows, table and page are kept.")] = DEFAULT_OUT,
    cards: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A finished project of the cards.")
    ] = None,
    holdout: Annotated[
        Literal["protocol", "observed", "clean"],
        typer.Option(
            help="Labels of the hold-out: as the protocol is published, hidden as in training, "
            "or all of them."
        ),
    ] = "protocol",
    at_once: Annotated[int, typer.Option(help="Cells side by side.")] = 2,
    local: Annotated[bool, typer.Option("--local", help="In this process, without Ray.")] = False,
    any_code: Annotated[
        bool, typer.Option("--any-code", help="Take finished rows whatever code made them.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one JSON line a row.")
    ] = None,
) -> int:
    """Compare every method under the same protocols; what is measured is kept."""
    # Checked before anything is made.
    protocols = _protocols(protocol or (), quick=quick, all_ratios=all_ratios)
    if seeds is not None and seeds < 1:
        raise InputError(f"--seeds is {seeds}: it must be at least 1.")
    if draws is not None and draws < 1:
        raise InputError(f"--draws is {draws}: it must be at least 1.")
    if at_once < 1:
        raise InputError(f"--at-once is {at_once}: it must be at least 1.")
    # Libraries that chat on stdout must not spoil the table there.
    with redirect_stdout(sys.stderr):
        from bench.bench import BenchOptions, run_bench
        from bench.grid import check_methods

        check_methods(method or ())
        projects = project or []
        named = world or ([] if projects else ["cards"])
        made = _named_worlds(named, draws, out, cards) | _project_worlds(projects, out, named)
        report = run_bench(
            BenchOptions(
                protocols=protocols,
                methods=tuple(method or ()),
                num_seeds=seeds or (1 if quick else 3),
                out=out,
                holdout=holdout,
                at_once=at_once,
                local=local,
                any_code=any_code,
                json_lines=json,
            ),
            made,
        )
    print("\n".join(report.lines))
    return 1 if report.num_failed else 0


def _named_worlds(
    names: Sequence[str], draws: int | None, out: Path, cards: Path | None
) -> dict[str, "Path | Skipped"]:
    """Worlds of the source tree, which no wheel holds."""
    if not names:
        return {}
    try:
        from examples.worlds.catalog import check_worlds, make_world, with_draws
    except ModuleNotFoundError as fault:
        if not (fault.name or "").startswith("examples"):
            raise
        raise InputError(
            f"World {names[0]} is made by Efuda's source tree, which is not installed here. Run "
            "the bench in a checkout of it, or measure a finished project of your own with "
            "--project DIR."
        ) from None
    check_worlds(names)
    drawn = with_draws(names, draws) if draws else names
    return {name: make_world(name, out, cards) for name in drawn}


def _project_worlds(
    projects: Sequence[Path], out: Path, taken: Sequence[str]
) -> dict[str, "Path | Skipped"]:
    """Finished projects by their own names."""
    from bench.project_world import make_project_world
    from components.captions.class_words import label_words
    from project.layout import Layout
    from project.settings import load_settings

    found: dict[str, Path | Skipped] = {}
    for root in projects:
        name = load_settings(Layout(root).params).project.name
        if name in found or name in taken:
            raise InputError(
                f"Two worlds are called {name!r}; give the project in {root} another project.name "
                "in its params.yaml, or measure them one after the other."
            )
        found[name] = make_project_world(name, root, out, label_words)
    return found


def _protocols(words: Sequence[str], *, quick: bool, all_ratios: bool) -> tuple[str, ...]:
    from bench.protocols import DEFAULT, QUICK, RATIOS, check_protocol

    chosen = [check_protocol(word) for word in words] or list(QUICK if quick else DEFAULT)
    if all_ratios:
        others = [word for word in chosen if not word.startswith("partial:")]
        place = next((n for n, word in enumerate(chosen) if word.startswith("partial:")), 0)
        chosen = [*others[:place], *RATIOS, *others[place:]]
    return tuple(dict.fromkeys(chosen))
