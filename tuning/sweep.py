"""Runs the trials of a sweep, on Ray Tune or one after another."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuning.candidate import Candidate
from tuning.objective import Problem, trial_figures

METRIC = "holdout_mAP"


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate and its figures on the hold-out."""

    candidate: Candidate
    figures: dict[str, float]


def best_trial(trials: Sequence[Trial]) -> Trial:
    """The highest hold-out mAP; among equals the first tried."""
    return max(trials, key=lambda trial: trial.figures[METRIC])


def sweep_locally(candidates: Sequence[Candidate], problem: Problem) -> list[Trial]:
    """Every candidate in this process, with a progress bar."""
    from rich.progress import track

    each = track(candidates, description="tune", transient=True)
    return [Trial(candidate, trial_figures(candidate, problem)) for candidate in each]


def sweep_on_ray(
    candidates: Sequence[Candidate],
    problem: Problem,
    *,
    storage: Path,
    name: str,
    max_concurrent: int,
) -> list[Trial]:
    """Every candidate as a Ray Tune trial; a sweep that was cut off goes on.

    Args:
        candidates: What to try; the order of the result is the same.
        problem: Put once into Ray's object store and shared by the trials.
        storage: Directory of Tune's own records, absolute.
        name: Of this sweep; the same name goes on with its records, so it has
            to change with anything that changes the trials.
        max_concurrent: Trials at the same time.

    Raises:
        RuntimeError: If a trial failed, with the first failure.
    """
    # Tune's newer console output prints a banner whatever its verbosity.
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    from ray import tune

    trainable = tune.with_resources(
        tune.with_parameters(_trainable, problem=problem, candidates=list(candidates)), {"cpu": 1}
    )
    record = storage / name
    if tune.Tuner.can_restore(str(record)):
        tuner = tune.Tuner.restore(str(record), trainable=trainable, resume_errored=True)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space={"number": tune.grid_search(list(range(len(candidates))))},
            tune_config=tune.TuneConfig(
                metric=METRIC, mode="max", max_concurrent_trials=max_concurrent, reuse_actors=True
            ),
            run_config=tune.RunConfig(name=name, storage_path=str(storage), verbose=0),
        )
    results = tuner.fit()
    if results.num_errors:
        raise RuntimeError(f"{results.num_errors} trials failed, first: {results.errors[0]}")
    figures = {result.config["number"]: result.metrics for result in results}  # type: ignore[index]
    return [
        Trial(candidate, _own_figures(figures[number]))
        for number, candidate in enumerate(candidates)
    ]


def _trainable(config: dict[str, Any], problem: Problem, candidates: Sequence[Candidate]) -> None:
    from ray import tune

    tune.report(trial_figures(candidates[config["number"]], problem))


def _own_figures(metrics: dict[str, Any]) -> dict[str, float]:
    """Without what Tune adds."""
    names = ("holdout_mAP", "holdout_CF1", "positives_per_image", "negatives_per_image")
    return {name: float(metrics[name]) for name in names}
