"""What a killed run costs: ``python -m benchmarks.kills --json``.

A small project is run from pictures to a promoted version, twice and undisturbed: files that
have the same bytes both times are held to be deterministic. Then `efuda run` (or `efuda
promote`) is killed with SIGKILL, with all its children, at a random moment of a random stage,
and typed again. A resumption counts if every command ends well, every deterministic file has
the bytes of the undisturbed run, and no file is there that the undisturbed run does not leave;
in MLflow's folder, where names are drawn at random, no more and no fewer files.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from blake3 import blake3

from benchmarks.figures import Figure, run_benchmark_or_part
from examples.cards.draw import draw

ROOT = Path(__file__).parents[1]
ENCODER = ROOT / "examples" / "cards" / "encoder"
SCENES = 80
SEED = 17
KILLS, KILLS_QUICK = 30, 4
STAGES = (
    "prepare",
    "validate",
    "embed",
    "tune",
    "pseudo_label",
    "train",
    "calibrate",
    "evaluate",
    "index",
    "register",
)
PROMOTE = "promote"
# Names in these folders are of runs or of moments; DVC and git keep their own order.
PASSED_OVER = (".git", ".dvc", "mlartifacts", "decisions")


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A project before each step, how long each took, and what is there at the end."""

    before: dict[str, Path]
    seconds: dict[str, float]
    files: dict[str, str]
    num_artefacts: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """What came of one kill; ``fault`` is empty if all was well."""

    stage: str
    share: float
    fault: str


def measure(quick: bool) -> Iterator[Figure]:
    """Kill a run at random moments, type it again, and compare with runs that were let be."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        make_project(home)
        first = run_undisturbed(home / "project", home / "first")
        second = run_undisturbed(first.before["prepare"], home / "second")
        same = {
            path: digest for path, digest in first.files.items() if second.files.get(path) == digest
        }
        yield Figure(
            name="deterministic_files", value=len(same), unit="files", against=len(first.files)
        )
        moments = random.Random(SEED)  # noqa: S311
        steps = [*STAGES, PROMOTE]
        resumed: list[Resumed] = []
        for number in range(KILLS_QUICK if quick else KILLS):
            # Every stage comes before any comes again.
            if number % len(steps) == 0:
                moments.shuffle(steps)
            stage, share = steps[number % len(steps)], moments.random()
            fault = kill_and_resume(home / f"kill-{number}", first, same, stage, share)
            resumed.append(Resumed(stage, share, fault))
            print(f"{stage} at {share:.2f}: {fault or 'as undisturbed'}", file=sys.stderr)
    yield Figure(
        name="share_resumed_identical",
        value=sum(not each.fault for each in resumed) / len(resumed),
        unit="1",
        against=1.0,
    )
    yield Figure(name="kills", value=len(resumed), unit="kills")
    for stage, count in sorted(Counter(each.stage for each in resumed).items()):
        yield Figure(name=f"kills_in_{stage}", value=count, unit="kills")


def make_project(home: Path) -> None:
    """Draw pictures and make a project of them, with a training of seconds."""
    draw(home / "cards", num_scenes=SCENES, seed=SEED, num_sketches=0, workers=1)
    made = efuda(
        "init",
        "project",
        *("--source", "coco", "--images", "cards/images"),
        *("--annotations", "cards/instances.json", "--hide", "partial:0.5"),
        *("--encoder", f"open_clip:local-dir:{ENCODER}"),
        cwd=home,
    )
    if made.returncode:
        raise RuntimeError(made.stderr)
    params = home / "project" / "params.yaml"
    values: dict[str, Any] = yaml.safe_load(params.read_text(encoding="utf-8"))
    values["tune"]["runner"] = "local"
    values["train"] |= {"recipes": ["zero_shot", "ignore_unknown"], "epochs": 3, "seeds": [0]}
    values["calibrate"]["num_bootstrap"] = values["evaluate"]["num_bootstrap"] = 20
    params.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def run_undisturbed(start: Path, home: Path) -> Undisturbed:
    """Run step by step in copies of ``start``; each step's beginning is kept."""
    before: dict[str, Path] = {}
    seconds: dict[str, float] = {}
    here = start
    for step in (*STAGES, PROMOTE):
        before[step] = here
        following = home / f"after_{step}" / "project"
        shutil.copytree(here, following, symlinks=True)
        link_cards(here, following)
        began = time.monotonic()
        done = efuda(*command(step), cwd=following)
        seconds[step] = time.monotonic() - began
        if done.returncode:
            raise RuntimeError(f"{step}, undisturbed: {done.stderr[-2000:]}")
        here = following
    return Undisturbed(before, seconds, files_of(here), num_artefacts(here))


def kill_and_resume(
    home: Path, undisturbed: Undisturbed, same: dict[str, str], step: str, share: float
) -> str:
    """Kill a step after a share of its time, run everything again; what was wrong, or nothing."""
    project = home / "project"
    shutil.copytree(undisturbed.before[step], project, symlinks=True)
    link_cards(undisturbed.before[step], project)
    process = subprocess.Popen(
        [sys.executable, "-m", "efuda.cli", *command(step)],
        cwd=project,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(share * undisturbed.seconds[step])
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for arguments in (("run",), (PROMOTE,)):
        done = efuda(*arguments, cwd=project)
        told = done.stdout + done.stderr
        if done.returncode or "Traceback" in told:
            return f"`efuda {arguments[0]}` ended with {done.returncode}: {told[-600:]}"
    found = files_of(project)
    changed = sorted(path for path, digest in same.items() if found.get(path) != digest)
    left = sorted(found.keys() - undisturbed.files.keys())
    if num_artefacts(project) != undisturbed.num_artefacts:
        left.append(f"{num_artefacts(project)} for {undisturbed.num_artefacts} files of MLflow's")
    shutil.rmtree(home)
    return "; ".join(
        f"{what}: {', '.join(paths[:5])}"
        for what, paths in (("changed or gone", changed), ("left over", left))
        if paths
    )


def command(step: str) -> tuple[str, ...]:
    """What is typed for one step: DVC runs a single stage, promote is no stage."""
    return (PROMOTE,) if step == PROMOTE else ("run", "--single-item", step)


def files_of(project: Path) -> dict[str, str]:
    """Content hashes of what a project holds, by path."""
    paths = (path for path in project.rglob("*") if path.is_file())
    return {
        path.relative_to(project).as_posix(): blake3(path.read_bytes()).hexdigest()
        for path in paths
        if path.relative_to(project).parts[0] not in PASSED_OVER
    }


def num_artefacts(project: Path) -> int:
    """How many files the registry keeps."""
    return sum(path.is_file() for path in (project / "mlartifacts").rglob("*"))


def link_cards(here: Path, there: Path) -> None:
    """Put the pictures beside a copy of the project, as they lie beside the project."""
    (there.parent / "cards").symlink_to((here.parent / "cards").resolve())


def efuda(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "efuda.cli", *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def environment() -> dict[str, str]:
    """This environment, in which sub-processes find this code."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


if __name__ == "__main__":
    run_benchmark_or_part(measure)
