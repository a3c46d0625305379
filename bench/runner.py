"""Measures the cells that have no row yet, on Ray Tune or one after another.

A row is written as soon as its cell is done and is never measured again, so a
bench that was killed goes on where it stopped, whichever way it is run.
"""

import shutil
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import cell as cells_module
from bench.code_version import code_version
from bench.rows import Cell, row_path
from bench.world import World, open_world
from components.atomic import write_text

Worlds = Mapping[str, Path]
"""Directory of each world's arrays."""


@dataclass(frozen=True, slots=True)
class Job:
    """A cell, where its world lies, and where its row goes."""

    cell: Cell
    world: Path
    out: Path
    code: str
    key: str


def run_cells(
    cells: Sequence[Cell], worlds: Worlds, out: Path, *, local: bool = False, at_once: int = 2
) -> list[Path]:
    """Measure what is missing.

    Args:
        cells: In the order to measure them.
        worlds: Must have the world of every cell.
        out: The bench's directory.
        local: In this process, one after another, without Ray.
        at_once: Cells measured side by side on Ray, one core each.

    Returns:
        Files that tell how cells failed; they are tried again next time.
    """
    jobs = [_job(cell, worlds[cell.world], out) for cell in cells]
    missing = [job for job in jobs if not row_path(out, job.key).exists()]
    if not missing:
        return []
    with _progress() as progress:
        bar = progress.add_task("bench", total=len(jobs), completed=len(jobs) - len(missing))
        if local:
            for job in missing:
                progress.update(bar, description=f"{job.cell.protocol} {job.cell.method}")
                _work(job)
                progress.advance(bar)
        else:
            _on_ray(missing, out, at_once, lambda: progress.advance(bar))
    failures = [failure_path(job) for job in missing]
    return [path for path in failures if path.exists()]


def failure_path(job: Job) -> Path:
    """Where a cell's failure is told."""
    return job.out / "failures" / f"{job.key}.txt"


def _job(cell: Cell, world: Path, out: Path) -> Job:
    code = code_version(cell.method)
    key = cells_module.cell_key(cell, _world(world), code)
    # Absolute: workers may start elsewhere.
    return Job(cell, world.absolute(), out.absolute(), code, key)


@cache
def _world(directory: Path) -> World:
    return open_world(directory)


def _work(job: Job) -> None:
    """Measure one cell; a failure is written down and does not stop the others."""
    failure = failure_path(job)
    try:
        measured = cells_module.measure_cell(
            job.cell, _world(job.world), key=job.key, code=job.code
        )
        cells_module.keep(job.out, measured)
    except Exception:  # noqa: BLE001 - whatever a method does wrong ends its own cell only
        write_text(failure, f"{job.cell}\n\n{traceback.format_exc()}")
    else:
        failure.unlink(missing_ok=True)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)


def _on_ray(jobs: Sequence[Job], out: Path, at_once: int, advance: Any) -> None:
    """Each job as a Ray Tune trial; Tune's own records are removed afterwards."""
    from project.ray_session import ray_session

    storage = (out / ".tune").absolute()
    shutil.rmtree(storage, ignore_errors=True)  # of a bench that was killed
    with ray_session(num_cpus=at_once):
        from ray import tune

        class Advance(tune.Callback):
            def on_trial_complete(self, *_args: Any, **_more: Any) -> None:
                advance()

            def __reduce__(self) -> tuple[type, tuple[()]]:
                # Tune keeps its callbacks for a restore, which the bench never asks for.
                return tune.Callback, ()

        trainable = tune.with_parameters(_trial, jobs=list(jobs))
        tune.Tuner(
            tune.with_resources(trainable, {"cpu": 1}),
            param_space={"number": tune.grid_search(list(range(len(jobs))))},
            tune_config=tune.TuneConfig(max_concurrent_trials=at_once, reuse_actors=True),
            run_config=tune.RunConfig(
                name="bench", storage_path=str(storage), verbose=0, callbacks=[Advance()]
            ),
        ).fit()
    shutil.rmtree(storage, ignore_errors=True)


def _trial(config: dict[str, Any], jobs: Sequence[Job]) -> None:
    import torch
    from ray import tune

    from project.environment import quiet_environment

    quiet_environment()
    torch.set_num_threads(1)
    _work(jobs[config["number"]])
    tune.report({"done": 1})
