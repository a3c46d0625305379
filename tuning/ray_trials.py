"""The trials of a search on Ray Tune: side by side, and resumed where they were cut off."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.training.settings import Schedule
from components.training.task import Task
from tuning.trial import Outcome, Told, Trial, no_one, run_trial

if TYPE_CHECKING:
    from ray import tune


def search_on_ray(
    trials: Sequence[Trial],
    task: Task,
    shared: Schedule,
    *,
    seed: int,
    storage: Path,
    name: str,
    max_concurrent: int,
    on_trial: Told = no_one,
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
        on_trial: Told of each one that ends, and of those that had ended before.

    Raises:
        RuntimeError: If a trial failed, with the first failure.
    """
    from ray import tune

    trainable = tune.with_resources(
        tune.with_parameters(_trainable, task=task, shared=shared, trials=list(trials), seed=seed),
        {"cpu": 1},
    )
    record = storage / name
    if tune.Tuner.can_restore(str(record)):
        with _told(trials, on_trial):
            tuner = tune.Tuner.restore(str(record), trainable=trainable, resume_errored=True)
        _tell_of_ended(tuner.get_results(), trials, on_trial)
    else:
        tuner = tune.Tuner(
            trainable,
            param_space={"number": tune.grid_search(list(range(len(trials))))},
            tune_config=tune.TuneConfig(
                metric="score", mode="max", max_concurrent_trials=max_concurrent, reuse_actors=True
            ),
            run_config=tune.RunConfig(
                name=name, storage_path=str(storage), verbose=0, callbacks=[ended(trials, on_trial)]
            ),
        )
    results = tuner.fit()
    if results.num_errors:
        raise RuntimeError(f"{results.num_errors} trials failed, first: {results.errors[0]}")
    figures = {(result.config or {})["number"]: result.metrics or {} for result in results}
    return [_outcome(trial, figures[number]) for number, trial in enumerate(trials)]


_LISTENER: ContextVar[tuple[Sequence[Trial], Told]] = ContextVar("listener", default=((), no_one))


def ended(trials: Sequence[Trial], on_trial: Told) -> "tune.Callback":
    """What Tune calls as a trial ends.

    Tune pickles its callbacks with its records, and whoever is told cannot be. So a search
    that goes on is given the listener of the day, which :func:`_told` sets.
    """
    from ray import tune

    class Ended(tune.Callback):
        def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **_more: Any) -> None:
            tell(trial.config["number"], trial.last_result)

        def __reduce__(self) -> tuple[Callable[[], "tune.Callback"], tuple[()]]:
            return _ended_of_the_day, ()

    def tell(number: int, result: dict[str, Any]) -> None:
        if "score" in result and number < len(trials):
            on_trial(trials[number], float(result["score"]))

    return Ended()


def _ended_of_the_day() -> "tune.Callback":
    return ended(*_LISTENER.get())


@contextmanager
def _told(trials: Sequence[Trial], on_trial: Told) -> Generator[None]:
    token = _LISTENER.set((trials, on_trial))
    try:
        yield
    finally:
        _LISTENER.reset(token)


def _tell_of_ended(results: "tune.ResultGrid", trials: Sequence[Trial], on_trial: Told) -> None:
    for result in results:
        metrics = result.metrics or {}
        if result.error is None and "score" in metrics:
            on_trial(trials[(result.config or {})["number"]], float(metrics["score"]))


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
