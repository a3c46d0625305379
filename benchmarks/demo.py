"""Time and memory of each stage of the demo: ``python -m benchmarks.demo --json``.

The stages run one after another in an empty project, as DVC would run them.
Memory is the peak over time of what the stage and all its children hold
together; a page that several of them share is counted once (PSS).
"""

import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from benchmarks.figures import Figure, run_benchmark

ROOT = Path(__file__).parents[1]
SAMPLE_EVERY_S = 0.25
MEMORY_LIMIT_MIB = 8 * 1024
TIME_LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took."""

    seconds: float
    peak_mib: float


def measure() -> Iterator[Figure]:
    """Run the demo's stages from nothing and report what each costs."""
    costs: list[Cost] = []
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
        (project / "examples").symlink_to(ROOT / "examples")
        for name, command in stage_commands(ROOT / "dvc.yaml"):
            cost = cost_of(command, project)
            costs.append(cost)
            yield Figure(name=f"demo_{name}_seconds", value=cost.seconds, unit="s")
            yield Figure(name=f"demo_{name}_peak_memory", value=cost.peak_mib, unit="MiB")
    yield Figure(
        name="demo_seconds",
        value=sum(cost.seconds for cost in costs),
        unit="s",
        against=TIME_LIMIT_S,
    )
    yield Figure(
        name="demo_peak_memory",
        value=max(cost.peak_mib for cost in costs),
        unit="MiB",
        against=MEMORY_LIMIT_MIB,
    )


def stage_commands(graph: Path) -> list[tuple[str, str]]:
    """Names and commands in the order of dvc.yaml, which is that of the data."""
    stages = yaml.safe_load(graph.read_text(encoding="utf-8"))["stages"]
    return [(name, stage["cmd"]) for name, stage in stages.items()]


def cost_of(command: str, directory: Path) -> Cost:
    """Run ``command`` in ``directory``; a failure stops the benchmark."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    arguments = shlex.split(command)
    if arguments[0] == "python":
        arguments[0] = sys.executable
    start = time.monotonic()
    process = subprocess.Popen(arguments, cwd=directory, env=environment, stdout=subprocess.DEVNULL)
    peaks = [0.0]
    done = threading.Event()
    sampler = threading.Thread(target=_sample, args=(process.pid, peaks, done))
    sampler.start()
    status = process.wait()
    done.set()
    sampler.join()
    if status:
        raise RuntimeError(f"`{command}` ended with status {status}")
    return Cost(time.monotonic() - start, max(peaks))


def _sample(pid: int, peaks: list[float], done: threading.Event) -> None:
    while not done.wait(SAMPLE_EVERY_S):
        peaks.append(_held_mib(pid))


def _held_mib(pid: int) -> float:
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(_pss(member) for member in family) / 2**20


def _pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


if __name__ == "__main__":
    run_benchmark(measure)
