"""Stage tune: choose the settings of every method among its attempts, on the hold-out.

The test split is never read. A method whose attempts, data and schedule have not changed
keeps the choice that was made for it, edited by hand or not.
"""

from math import inf, isnan, nan

from blake3 import blake3

from components.errors import ArtefactError, InputError
from components.methods.catalog import METHODS
from project.layout import Layout
from project.learning_task import NO_LABEL_KNOWN, ProjectTask, load_task
from project.progress import shown
from project.ray_session import ray_session
from project.settings import Settings
from project.stage_command import Report
from project.tuned import RULES, TunedMethod, plain, read_tuned, write_tuned
from tuning.budget import BUDGETS, within_budget
from tuning.method_choice import MethodChoice, choose_method
from tuning.ray_trials import search_on_ray
from tuning.search import (
    Choice,
    choices_of,
    judged_untrained,
    search_in_process,
    trials_of,
)
from tuning.trial import Outcome, Trial


def run(settings: Settings, layout: Layout) -> Report:
    """Try every attempt of every recipe that is to be trained, and keep the choices."""
    project = load_task(settings, layout)
    untrained = {name: _untrained(name, settings, project) for name in project.untrained}
    trials = {name: _trials(name, settings, project) for name in project.trained}
    marks = {name: _fingerprint(each, settings, project) for name, each in trials.items()}
    kept = _kept(layout, project, marks)
    wanted = [trial for name, each in trials.items() if name not in kept for trial in each]
    outcomes = _search(wanted, settings, layout, project) if wanted else []
    choices = choices_of(outcomes, project.task)
    made = {name: _tuned(choice, marks[name], project) for name, choice in choices.items()}
    tuned = {
        **untrained,
        **{name: kept.get(name) or made[name] for name in trials},
    }
    write_tuned(layout.tuned, project, tuned)
    rule = project.task.holdout.rule
    return {
        "rule": rule,
        "chosen_by": RULES[rule],
        "num_trials": len(wanted),
        "methods": {name: each.as_yaml() for name, each in tuned.items()},
        "summary": _summary(project, tuned, len(wanted), len(kept)),
    }


def _summary(
    project: ProjectTask, tuned: dict[str, TunedMethod], num_tried: int, num_kept: int
) -> list[str]:
    if not project.trained:
        return [f"nothing to choose, {NO_LABEL_KNOWN}"]
    rule = project.task.holdout.rule
    figures = {name: each.holdout_map for name, each in tuned.items()}
    return [
        f"{num_tried} attempts tried, choices of {num_kept} methods kept, rule {rule}: "
        f"{RULES[rule]}",
        *(f"  {METHODS[name].title}: {_in_words(each)}" for name, each in tuned.items()),
        *_small_holdout(project),
        *_proposing(choose_method(figures, project.task.holdout.num_labelled)),
    ]


def _proposing(choice: MethodChoice) -> list[str]:
    """Whose proposals there will be; without a figure there will be none."""
    if choice.by == "nothing":
        return []
    return [f"  proposals are to come from {METHODS[choice.method].title}, {choice.why}"]


def _small_holdout(project: ProjectTask) -> list[str]:
    """Why less was tried than there is, if so."""
    num_labelled = project.task.holdout.num_labelled
    enough = BUDGETS[-1][0]
    if num_labelled >= enough:
        return []
    return [
        f"  {num_labelled} labelled hold-out images tell few attempts apart, so fewer were tried; "
        f"all are from {enough} on"
    ]


def _in_words(tuned: TunedMethod) -> str:
    if isnan(tuned.holdout_map):
        return "hold-out mAP not measured, no label is known to be present there"
    among = f", of {len(tuned.tried)} attempts" if tuned.tried else ""
    return f"hold-out mAP {tuned.holdout_map:.3f}{among}"


def _trials(name: str, settings: Settings, project: ProjectTask) -> list[Trial]:
    try:
        trials = trials_of(name, project.task, settings.train.given(name))
    except ValueError as fault:
        raise InputError(
            f"train.methods.{name} does not go together with an attempt of {name}: {fault}"
        ) from None
    return within_budget(trials, project.task.holdout.num_labelled)


def _fingerprint(trials: list[Trial], settings: Settings, project: ProjectTask) -> str:
    read = (
        project.fingerprint(trials[0].method),
        repr(trials),
        settings.train.schedule().shaping,
        str(settings.tune.seed),
        settings.prompts.templates[0] if project.task.names.prompter else "",
    )
    return blake3("|".join(read).encode()).hexdigest()[:16]


def _kept(layout: Layout, project: ProjectTask, marks: dict[str, str]) -> dict[str, TunedMethod]:
    try:
        before = read_tuned(layout.tuned, project)
    except ArtefactError:  # of another encoder, schema or vocabulary, or not there
        return {}
    return {
        name: before[name]
        for name, mark in marks.items()
        if name in before and before[name].fingerprint == mark
    }


def _search(
    trials: list[Trial], settings: Settings, layout: Layout, project: ProjectTask
) -> list[Outcome]:
    shared = settings.train.schedule()
    seed = settings.tune.seed
    best = Best(project.task.holdout.can_measure)
    with shown("tune", len(trials), unit="attempts") as work:

        def advance(trial: Trial, score: float) -> None:
            work.advance(note=best.with_trial(trial, score))

        if settings.tune.runner == "local":
            return search_in_process(trials, project.task, shared, seed=seed, on_trial=advance)
        marks = "|".join((project.data_hash, project.captions_hash, repr(trials), repr(shared)))
        with ray_session():
            return search_on_ray(
                trials,
                project.task,
                shared,
                seed=seed,
                storage=(layout.scratch / "tune").resolve(),
                name=f"search-{blake3(f'{marks}|{seed}'.encode()).hexdigest()[:12]}",
                max_concurrent=settings.tune.max_concurrent,
                on_trial=advance,
            )


class Best:
    """The best attempt so far, in words."""

    def __init__(self, is_measured: bool) -> None:
        self._is_measured = is_measured
        self._score, self._words = -inf, ""

    def with_trial(self, trial: Trial, score: float) -> str:
        """What it is with one more."""
        if self._is_measured and score > self._score:
            self._score = score
            title = METHODS[trial.method].title
            self._words = f"best hold-out mAP {score:.3f} ({title})"
        return self._words


def _tuned(choice: Choice, fingerprint: str, project: ProjectTask) -> TunedMethod:
    return TunedMethod(
        settings=choice.taken.trial.settings,
        holdout_map=_figure(choice.taken.score, project),
        fingerprint=fingerprint,
        tried=tuple(
            {
                "holdout_mAP": _none_for_nan(_figure(outcome.score, project)),
                "settings": plain(outcome.trial.settings),
            }
            for outcome in choice.outcomes
        ),
    )


def _untrained(name: str, settings: Settings, project: ProjectTask) -> TunedMethod:
    """Nothing is chosen; its figure is among those that trained methods are read against."""
    row, task = METHODS[name], project.task
    used = row.attempts(task, settings.train.given(name))[0]
    figure = judged_untrained(name, used, task)[1] if task.holdout.can_measure else nan
    return TunedMethod(settings=used, holdout_map=figure, fingerprint="")


def _figure(score: float, project: ProjectTask) -> float:
    """The score; NaN where there was nothing to measure it by."""
    return score if project.task.holdout.can_measure else nan


def _none_for_nan(figure: float) -> float | None:
    return None if isnan(figure) else figure
