"""What writing proposals takes of memory, for ever more images.

Run from the project root: ``python -m benchmarks.proposal_memory [--json] [--quick]``. Drawn
vectors of 64 numbers, 1,000 labels, one known positive an image, a linear head with all evidence
but regions, everything from the first score to the written table. Each size has a process of its
own. ``bytes_an_image`` is what one more image takes, from the two largest sizes; with it follows
what a million images would take. Most of that is the table of known cells, a byte each.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, run_benchmark_or_part
from components.labelers.proposal_table import ProposedBy
from components.models.heads.linear import LinearHead
from components.proposing.asked_photos import AskedPhotos
from components.proposing.cross_fit import cross_fit
from components.proposing.propose import KnownExamples, write_proposed
from components.training.task import Holdout, Names, Task

SIZES = (20_000, 60_000, 120_000)
QUICK = (4_000, 12_000)
NUM_LABELS = 1_000
EMBED = 64
HOLDOUT = 100
TARGET = 1_000_000
LIMIT_GB = 4.0


def measure(quick: bool) -> Iterator[Figure]:
    """Peak memory of the process by number of images."""
    found: dict[int, dict[str, float]] = {}
    for size in QUICK if quick else SIZES:
        command = [sys.executable, "-m", "benchmarks.proposal_memory", "--size", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[size] = json.loads(done.stdout)
        yield Figure(
            name=f"peak_gb.{size}_images",
            value=found[size]["peak_bytes"] / 1e9,
            unit="GB",
            against=f"{found[size]['present']:.0f} cells proposed present",
        )
    (small, few), (large, many) = list(found.items())[-2:]
    slope = (many["peak_bytes"] - few["peak_bytes"]) / (large - small)
    yield Figure(name="bytes_an_image", value=slope, unit="bytes")
    yield Figure(
        name=f"peak_gb.{TARGET}_images_by_slope",
        value=(many["peak_bytes"] + slope * (TARGET - large)) / 1e9,
        unit="GB",
        against=LIMIT_GB,
    )


def propose(size: int) -> dict[str, float]:
    """Write the proposals of one size, and say what it took."""
    task = _task(size)
    ids = tuple(f"{row:07}" for row in range(size))
    labels = tuple(f"label {number:04}" for number in range(NUM_LABELS))
    others = tuple(f"held {row}" for row in range(HOLDOUT))
    weight = task.names.vectors / np.float32(task.names.temperature)
    fitted = cross_fit(
        lambda _: LinearHead.of(weight), task, ids, others, labels, folds=3, unmet=False
    )
    asked = AskedPhotos(
        split="train",
        ids=ids,
        vectors=task.views[0],
        regions=None,
        states=task.states,
        scorer=fitted.training,
        fold=fitted.fold,
    )
    with tempfile.TemporaryDirectory() as folder:
        written = write_proposed(
            Path(folder) / "proposals.parquet",
            (asked,),
            fitted.scorers,
            KnownExamples(ids=ids, vectors=task.views[0], states=task.states),
            labels,
            ProposedBy(method="drawn", method_version="1", created="2026-01-31"),
            calibrated=True,
            present_above=0.5,
            absent_below=0.0,
            scratch=Path(folder) / "scratch",
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"peak_bytes": peak, "present": written.present}


def _task(size: int) -> Task:
    """Pictures of three things each; drawn in parts, so that drawing does not set the peak."""
    rng = np.random.default_rng(0)
    names = rng.normal(size=(NUM_LABELS, EMBED)).astype(np.float32)
    names /= np.linalg.norm(names, axis=1, keepdims=True)
    vectors = np.empty((1, size + HOLDOUT, EMBED), np.float32)
    states = np.zeros((size, NUM_LABELS), np.int8)
    held = np.full((HOLDOUT, NUM_LABELS), -1, np.int8)
    for row in range(size + HOLDOUT):
        things = rng.choice(NUM_LABELS, 3, replace=False)
        vector = names[things].sum(axis=0) + 0.15 * rng.normal(size=EMBED)
        vectors[0, row] = vector / np.linalg.norm(vector)
        if row < size:
            states[row, things[0]] = 1
        else:
            held[row - size, things] = 1
    return Task(
        views=vectors[:, :size],
        states=states,
        names=Names(vectors=names, temperature=0.1),
        holdout=Holdout.of(vectors[0, size:].copy(), held),
    )


if __name__ == "__main__":
    if "--size" in sys.argv:
        print(json.dumps(propose(int(sys.argv[sys.argv.index("--size") + 1]))))
    else:
        run_benchmark_or_part(measure)
