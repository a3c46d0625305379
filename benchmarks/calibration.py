"""Whether tags are right as often as their probabilities say.

Run from the project root: ``python -m benchmarks.calibration [--json] [--quick]``. The images of
``coco256`` (in EFUDA_REAL_DATA, default ../shared/real) are split anew ten times into a hold-out
of 30 to 60, a test split of 35 % and training images, all with their labels known. Of the drawn
world there are projects as the demo's: one label of each training image, a known hold-out of
15 %. Each time every default recipe is searched and learned as a project does it, the hold-out
picks one, and it is calibrated; nothing looks at the test split before it is measured.

``tag_probability_gap``: mean probability of the tags given to test images, less the share of
them that is right; the mean of its size over the splits, and in brackets the smallest and the
largest. ``holdout_alone`` is the same without cross-fitted scores.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from bench.world import Skipped, World, open_world
from benchmarks.calibration_splits import Split, demo_splits, thin_splits
from benchmarks.figures import Figure, run_benchmark_or_part
from components.calibration.cells import CrossFitted
from components.calibration.holdout_fit import calibrate
from components.labels.states import PRESENT, UNKNOWN
from components.methods.catalog import METHODS
from components.models.heads.head import Head
from components.models.images import Regions
from components.training.cross_fit import part_fits
from components.training.inference import head_logits
from components.training.loop import FitResult, fit
from components.training.settings import MethodSettings, Schedule
from components.training.task import Task
from efuda.commands.bench import DEFAULT_OUT
from examples.worlds.catalog import make_world
from project.cross_fitted import THIN_HOLDOUT
from project.settings.train import TrainSettings
from tuning.budget import within_budget
from tuning.choice import choose
from tuning.method_choice import choose_method
from tuning.search import judged_untrained, trials_of
from tuning.trial import run_trial

FOLDS = 3
NUM_SPLITS, NUM_DEMO_SPLITS = 10, 3
QUICK_SPLITS, QUICK_EPOCHS, QUICK_TRAINING, QUICK_RECIPE = 3, 8, 400, "efuda"
ASKED_FOR = {"cards": 0.05, "coco256": 0.10}


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of one split, by what calibrated."""

    served: float
    holdout_alone: float


@dataclass(frozen=True, slots=True)
class _Learned:
    head: Head
    settings: MethodSettings
    score: float


def measure(quick: bool) -> Iterator[Figure]:
    """The gap on the drawn world and on photographs."""
    schedule = TrainSettings().schedule()
    if quick:
        schedule = Schedule(
            epochs=QUICK_EPOCHS,
            batch_size=schedule.batch_size,
            learning_rate=schedule.learning_rate,
        )
    recipes = (QUICK_RECIPE,) if quick else TrainSettings().trained
    for name in ("coco256", "cards"):
        made = make_world(name, DEFAULT_OUT)
        if isinstance(made, Skipped):
            print(f"skipped {name}: {made.reason}", file=sys.stderr)
            continue
        splits = _splits(name, open_world(made), quick)
        yield from _figures(name, [gaps(each, schedule, recipes) for each in splits])


def _splits(name: str, world: World, quick: bool) -> Iterator[Split]:
    if name == "coco256":
        return thin_splits(world, QUICK_SPLITS if quick else NUM_SPLITS)
    return demo_splits(world, 1 if quick else NUM_DEMO_SPLITS, QUICK_TRAINING if quick else None)


def _figures(name: str, found: Sequence[Gaps]) -> Iterator[Figure]:
    for suffix, signed in (
        ("", [each.served for each in found]),
        (".holdout_alone", [each.holdout_alone for each in found]),
    ):
        sizes = np.abs(signed)
        yield Figure(
            name=f"tag_probability_gap_{name}{suffix}",
            value=float(sizes.mean()),
            unit="1",
            low=float(sizes.min()),
            high=float(sizes.max()),
            against=ASKED_FOR[name],
        )
        yield Figure(
            name=f"tag_probability_excess_{name}{suffix}",
            value=float(np.mean(signed)),
            unit="1",
            low=float(np.min(signed)),
            high=float(np.max(signed)),
            against=0.0,
        )


def gaps(split: Split, schedule: Schedule, recipes: Sequence[str]) -> Gaps:
    """Search, learn, choose and calibrate as a project does, then measure."""
    task = split.task
    untrained = [n for n, row in METHODS.items() if not row.is_trained and row.applies_to(task)]
    learned = {name: _learned(name, task, schedule) for name in (*untrained, *recipes)}
    scores = {name: learned[name].score for name in METHODS if name in learned}
    name = choose_method(scores, task.holdout.num_labelled).method
    taken = learned[name]
    own = head_logits(taken.head, task.holdout.vectors, task.holdout.regions)
    test = head_logits(taken.head, split.test_vectors, split.test_regions)
    cross = None
    if task.holdout.num_labelled < THIN_HOLDOUT:
        cross = _cross_fitted(name, taken, task, schedule)
    alone = _gap(own, test, split, None)
    return Gaps(served=_gap(own, test, split, cross) if cross else alone, holdout_alone=alone)


def _learned(name: str, task: Task, schedule: Schedule) -> _Learned:
    row = METHODS[name]
    if not row.is_trained:
        settings = row.attempts(task)[0]
        head, score = judged_untrained(name, settings, task)
        return _Learned(head, settings, score)
    trials = within_budget(trials_of(name, task), task.holdout.num_labelled)
    tried = [run_trial(each, task, schedule, seed=0) for each in trials]
    outcome, result = tried[choose([outcome for outcome, _ in tried], task.holdout)]
    settings = outcome.trial.settings
    if row.trial_epochs is not None:
        result = fit(row.recipe(settings), task, schedule, seed=0)
    return _Learned(result.head, settings, result.best_score)


def _cross_fitted(name: str, taken: _Learned, task: Task, schedule: Schedule) -> CrossFitted:
    every = np.arange(len(task.states))
    if not METHODS[name].is_trained:
        holdout = head_logits(taken.head, task.holdout.vectors, task.holdout.regions)
        return _as_cross_fitted(holdout, _scores(taken.head, task, every), task)
    recipe = METHODS[name].recipe(taken.settings)

    def train(_part: int, others: Task) -> FitResult:
        return fit(recipe, others, schedule, seed=0)

    rng = np.random.default_rng(0)
    folds = rng.permutation(len(every)) % FOLDS
    others = rng.permutation(len(task.holdout.states)) % FOLDS
    training = np.zeros(task.states.shape, np.float32)
    holdout = np.zeros(task.holdout.states.shape, np.float32)
    for part in part_fits(task, train, folds, others):
        training[part.rows] = _scores(part.head, task, part.rows)
        judged = task.holdout.of_rows(part.holdout_rows)
        holdout[part.holdout_rows] = head_logits(part.head, judged.vectors, judged.regions)
    return _as_cross_fitted(holdout, training, task)


def _as_cross_fitted(holdout: np.ndarray, training: np.ndarray, task: Task) -> CrossFitted:
    return CrossFitted(
        holdout=holdout.astype(float), training=training.astype(float), states=task.states
    )


def _scores(head: Head, task: Task, rows: np.ndarray) -> Float32[np.ndarray, "rows labels"]:
    asked = task.of_rows(rows)
    regions: Regions | None = asked.regions[0] if asked.regions else None
    return head_logits(head, asked.views[0], regions)


def _gap(
    own: Float[np.ndarray, "examples labels"],
    test: Float[np.ndarray, "others labels"],
    split: Split,
    cross: CrossFitted | None,
) -> float:
    """Mean probability of the given tags, less their precision; 0 where none is given."""
    holdout = split.task.holdout
    names = [str(number) for number in range(own.shape[1])]
    fitted = calibrate(
        own.astype(float), holdout.truth, holdout.known, names, cross=cross, num_bootstrap=0
    )
    probabilities = fitted.probabilities(test.astype(float))
    given = fitted.decide(probabilities) & (split.test_states != UNKNOWN)
    if not given.any():
        return 0.0
    right = split.test_states[given] == PRESENT
    return float(probabilities[given].mean() - right.mean())


if __name__ == "__main__":
    run_benchmark_or_part(measure)
