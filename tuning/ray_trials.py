"""The trials of a search on Ray Tune: side by side, and resumed where they were cut off."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from components.training.settings import Schedule
from components.training.task import Task
from tuning.trial import Outcome, Trial, run_trial


def search_on_ray(
    trials: Sequence[Trial],
    task: Task,
    shared: Schedule,
    *,
    seed: int,
    storage: Path,
    name: str,
    max_concurrent: int,
    on_trial: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Every trial as a trial of Ray Tune, on a Ray that runs; a search that was cut off goes on.

    Args:
        trials: What to try; the order of the result is the same.
        task: Put once into Ray's object store and shared by the trials.
        shared: Schedule of all trials.
        seed: Of every fit.
        storage: Directory of Tune's own records, absolute.
        name: Of this search; the same name goes on with its records, so it has to change
            with anything that changes the trials.
        max_concurrent: Trials at the same time.
        on_trial: Called as each one ends.

    Raises:
        RuntimeError: If a trial failed, with the first failure.
    """
    from ray import tune

    class Ended(tune.Callback):
        def on_trial_complete(self, *_args: Any, **_more: Any) -> None:
            on_trial()

        def __reduce__(self) -> tuple[type, tuple[()]]:
            # Tune pickles its callbacks with its records; a bar cannot be.
            return tune.Callback, ()

    trainable = tune.with_resources(
        tune.with_parameters(_trainable, task=task, shared=shared, trials=list(trials), seed=seed),
        {"cpu": 1},
    )
    record = storage / name
    if tune.Tuner.can_restore(str(record)):
        tuner = tune.Tuner.restore(str(record), trainable=trainable, resume_errored=True)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space={"number": tune.grid_search(list(range(len(trials))))},
            tune_config=tune.TuneConfig(
                metric="score", mode="max", max_concurrent_trials=max_concurrent, reuse_actors=True
            ),
            run_config=tune.RunConfig(
                name=name, storage_path=str(storage), verbose=0, callbacks=[Ended()]
            ),
        )
    results = tuner.fit()
    if results.num_errors:
        raise RuntimeError(f"{results.num_errors} trials failed, first: {results.errors[0]}")
    figures = {(result.config or {})["number"]: result.metrics or {} for result in results}
    return [_outcome(trial, figures[number]) for number, trial in enumerate(trials)]


def _trainable(
    config: dict[str, Any], task: Task, shared: Schedule, trials: Sequence[Trial], seed: int
) -> None:
    from ray import tune

    outcome, _ = run_trial(trials[config["number"]], task, shared, seed=seed)
    tune.report(
        {"score": outcome.score, "best_epoch": outcome.best_epoch, "draws": list(outcome.draws)}
    )


def _outcome(trial: Trial, metrics: dict[str, Any]) -> Outcome:
    return Outcome(
        trial=trial,
        score=float(metrics["score"]),
        best_epoch=int(metrics["best_epoch"]),
        draws=tuple(metrics["draws"]),
    )
