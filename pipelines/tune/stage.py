"""Stage tune: choose pseudo-label thresholds and loss settings on the hold-out.

Each trial proposes labels, trains briefly and is scored on the hold-out; the
test split is never read. Inside a trial the decision thresholds of all labels
are swept as one computation.
"""

import csv
from pathlib import Path
from typing import Any

import yaml
from blake3 import blake3
from rich.console import Console
from rich.progress import track

from components.atomic import atomic_path, write_text
from project.caption_recipes import CAPTION_RECIPES
from project.layout import Layout
from project.learning_task import LearningData, load_learning_data, schedule_of
from project.method import ATTEMPTED, wanted
from project.ray_session import ray_session
from project.settings import Settings
from project.settings.train import FixedSettings, TuneSettings
from project.stage import Report
from project.sweep_problem import problem_of, task_of
from tuning.candidate import PUBLISHED, Candidate
from tuning.from_captions import choose_from_captions
from tuning.methods import choose
from tuning.objective import TRIAL_SEEDS, Problem
from tuning.space import candidates
from tuning.sweep import METRIC, Trial, best_trial, sweep_locally, sweep_on_ray
from tuning.task import Task

SCHEMA_VERSION = 1
RULES = {
    "verified": "mean average precision over the hold-out's known cells of both signs",
    "observed": "mean average precision with the hold-out's unknown cells counted as absent, "
    "since nothing verifies which of them are",
}


def run(settings: Settings, layout: Layout) -> Report:
    """Sweep pseudo-label thresholds and method settings on the hold-out."""
    data = load_learning_data(settings, layout)
    problem = problem_of(data, schedule_of(settings.train))
    trials = _sweep(settings, layout, data, problem)
    best = best_trial(trials)
    published = next((trial for trial in trials if trial.candidate == PUBLISHED), trials[0])
    _write_trials(layout.trials, trials)
    tuned = {
        "schema_version": SCHEMA_VERSION,
        "encoder_id": data.label_vectors.encoder_id,
        "vocabulary_hash": data.vocabulary.hash,
        "rule": data.rule,
        "chosen_by": RULES[data.rule],
        "num_trials": len(trials),
        "published": dict(published.figures),
        "best": dict(best.figures),
        **best.candidate.to_dict(),
    }
    chosen = _choose_attempts(settings, data)
    tuned["methods"] = chosen
    write_text(layout.tuned, yaml.safe_dump(tuned, sort_keys=False))
    return {
        **tuned,
        "summary": [
            f"{best.candidate.labeler.name} labeler chosen from {len(trials)} trials, hold-out mAP "
            f"{best.figures[METRIC]:.3f} (published settings {published.figures[METRIC]:.3f})",
            f"  rule {data.rule}: {RULES[data.rule]}",
            *(
                f"  {name}: attempt {each['attempt'] + 1} of {len(each['scores'])}, "
                f"hold-out mAP {max(each['scores']):.3f}"
                for name, each in chosen.items()
            ),
        ],
    }


def _choose_attempts(settings: Settings, data: LearningData) -> dict[str, dict[str, Any]]:
    """For each recipe that has attempts of its own, the one that the hold-out likes best."""
    chosen_for = (*ATTEMPTED, *CAPTION_RECIPES)
    names = [name for name in wanted(settings, data).recipes if name in chosen_for]
    task = task_of(data, schedule_of(settings.train))
    found: dict[str, dict[str, Any]] = {}
    for name in track(names, description="attempts", console=Console(stderr=True), transient=True):
        if name in CAPTION_RECIPES:
            found[name] = _choose_from_captions(task)
            continue
        chosen = choose(name, task, seed=TRIAL_SEEDS[0])
        found[name] = {
            "attempt": chosen.place,
            "scores": list(chosen.scores),
            "settings": chosen.attempt.describe(),
        }
    return found


def _choose_from_captions(task: Task) -> dict[str, Any]:
    chosen = choose_from_captions(task, TRIAL_SEEDS[0])
    return {
        "attempt": chosen.place,
        "scores": list(chosen.scores),
        "settings": chosen.recipe.settings(),
    }


def _sweep(settings: Settings, layout: Layout, data: LearningData, problem: Problem) -> list[Trial]:
    if settings.tune.fixed is not None:
        return sweep_locally([_fixed(settings.tune.fixed)], problem)
    tried = candidates(
        settings.tune.num_trials,
        seed=settings.tune.seed,
        calibrated=problem.probabilities is not None,
    )
    if settings.tune.runner == "local":
        return sweep_locally(tried, problem)
    with ray_session():
        return sweep_on_ray(
            tried,
            problem,
            storage=(layout.scratch / "tune").resolve(),
            name=_sweep_name(settings.tune, settings, data),
            max_concurrent=settings.tune.max_concurrent,
        )


def _fixed(settings: FixedSettings) -> Candidate:
    values = settings.model_dump()
    names = ("theta", "temperature_factor", "negative_share")
    labeler = {name: values.pop(name) for name in names}
    return Candidate.from_dict(
        {"labeler": {"name": "softmax", **labeler}, "recipe": {"name": "vlpl", **values}}
    )


def _sweep_name(tune: TuneSettings, settings: Settings, data: LearningData) -> str:
    """Changes with everything that changes the trials, so only equal sweeps go on."""
    read = [
        data.fingerprint,
        str(tune.num_trials),
        str(tune.seed),
        settings.train.model_dump_json(exclude={"seeds", "recipes", "num_workers"}),
    ]
    return f"sweep-{blake3('|'.join(read).encode()).hexdigest()[:12]}"


def _write_trials(path: Path, trials: list[Trial]) -> None:
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = [
            {
                "trial": number,
                **{
                    f"{part}.{name}": value
                    for part, values in trial.candidate.to_dict().items()
                    for name, value in values.items()
                },
                **trial.figures,
            }
            for number, trial in enumerate(trials)
        ]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
