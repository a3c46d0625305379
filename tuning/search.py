"""The one search: every attempt of a method is tried, and one of them is taken.

Stages and bench search in the same way. The stage tune runs the trials on Ray Tune
(``ray_trials.py``) and train fits what was chosen with each seed; the bench does both at
once with one seed, and then the trial's own fit is the result.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from components.methods.catalog import METHODS
from components.models.heads.head import Head
from components.training.inference import head_logits, holdout_score
from components.training.loop import fit
from components.training.settings import MethodSettings, Schedule
from components.training.task import Task
from tuning.choice import choose
from tuning.trial import Outcome, Told, Trial, no_one, run_trial


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What was tried of a method, and which of it is taken."""

    outcomes: tuple[Outcome, ...]
    place: int

    @property
    def taken(self) -> Outcome:
        """The attempt that is taken."""
        return self.outcomes[self.place]


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """A head, and the attempt that it came from."""

    head: Head
    settings: MethodSettings
    holdout_score: float
    best_epoch: int
    tried: tuple[MethodSettings, ...]
    """All attempts, in their order."""


def trials_of(method: str, task: Task, given: Mapping[str, object] | None = None) -> list[Trial]:
    """The attempts of a method on a task, less what ``given`` settings leave no choice in."""
    return [Trial(method, settings) for settings in METHODS[method].attempts(task, given)]


def search_in_process(
    trials: Sequence[Trial],
    task: Task,
    shared: Schedule,
    *,
    seed: int,
    on_trial: Told = no_one,
) -> list[Outcome]:
    """Every trial here, one after another, in their order; ``on_trial`` is told of each."""
    outcomes: list[Outcome] = []
    for trial in trials:
        outcomes.append(run_trial(trial, task, shared, seed=seed)[0])
        on_trial(trial, outcomes[-1].score)
    return outcomes


def choices_of(outcomes: Iterable[Outcome], task: Task) -> dict[str, Choice]:
    """What is taken of each method among the outcomes of its trials."""
    by_method: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_method.setdefault(outcome.trial.method, []).append(outcome)
    return {
        method: Choice(outcomes=tuple(found), place=choose(found, task.holdout))
        for method, found in by_method.items()
    }


def judged_untrained(method: str, settings: MethodSettings, task: Task) -> tuple[Head, float]:
    """The head of a method that is not trained, and its mAP on the hold-out.

    Raises:
        InputError: If the task lacks the regions that the method reads.
    """
    head = METHODS[method].untrained_head(settings, task)
    logits = head_logits(head, task.holdout.vectors, task.holdout.regions)
    return head, holdout_score(logits, task.holdout)


def learn(method: str, task: Task, shared: Schedule, *, seed: int) -> Learned:
    """Search a method and keep the head of what is taken; equal arguments, equal heads.

    Raises:
        InputError: If the task lacks what the method reads, such as regions or captions.
    """
    row = METHODS[method]
    if not row.is_trained:
        settings = row.attempts(task)[0]
        head, score = judged_untrained(method, settings, task)
        return Learned(
            head=head, settings=settings, holdout_score=score, best_epoch=0, tried=(settings,)
        )
    tried = [run_trial(each, task, shared, seed=seed) for each in trials_of(method, task)]
    place = choose([outcome for outcome, _ in tried], task.holdout)
    outcome, result = tried[place]
    if row.trial_epochs is not None:
        result = fit(row.recipe(outcome.trial.settings), task, shared, seed=seed)
    return Learned(
        head=result.head,
        settings=outcome.trial.settings,
        holdout_score=result.best_score,
        best_epoch=result.best_epoch,
        tried=tuple(each.trial.settings for each, _ in tried),
    )
