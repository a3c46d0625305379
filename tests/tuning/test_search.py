from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.attribute_world import world
from components.errors import InputError
from components.methods.catalog import METHODS
from components.training.inference import head_logits, holdout_score
from components.training.loop import fit
from components.training.settings import Schedule
from components.training.task import Holdout
from tests.components.methods.region_world import region_task
from tests.projects.captioned_task import captioned_task
from tuning.search import choices_of, learn, search_in_process, trials_of

SCHEDULE = Schedule(epochs=2, batch_size=50, learning_rate=0.01, min_steps=2)


@pytest.mark.parametrize("method", ["entropy", "vlpl", "gpr", "trm_ml", "efuda"])
def test_a_method_learns_a_head_that_scores_as_it_says(method):
    task = region_task()
    learned = learn(method, task, SCHEDULE, seed=0)
    assert isinstance(learned.settings, METHODS[method].settings)
    logits = head_logits(learned.head, task.holdout.vectors, task.holdout.regions)
    assert holdout_score(logits, task.holdout) == pytest.approx(learned.holdout_score, abs=1e-5)
    assert learned.holdout_score > holdout_score(-logits, task.holdout) + 0.1


def test_zero_shot_is_the_cosines_over_the_temperature():
    task = region_task()
    learned = learn("zero_shot", task, SCHEDULE, seed=0)
    logits = head_logits(learned.head, task.holdout.vectors, None)
    expected = task.holdout.vectors @ task.names.vectors.T / task.names.temperature
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
    assert learned.holdout_score == pytest.approx(holdout_score(logits, task.holdout))


@pytest.mark.parametrize("method", ["vlpl", "efuda"])
def test_bench_and_stages_choose_and_train_the_same(method):
    task = region_task()
    at_once = learn(method, task, SCHEDULE, seed=1)
    outcomes = search_in_process(trials_of(method, task), task, SCHEDULE, seed=1)
    taken = choices_of(outcomes, task)[method].taken
    assert taken.trial.settings == at_once.settings
    assert taken.score == at_once.holdout_score
    trained = fit(METHODS[method].recipe(taken.trial.settings), task, SCHEDULE, seed=1)
    for name, value in at_once.head.state_dict().items():
        assert torch.equal(value, trained.head.state_dict()[name])


def test_choices_are_made_method_by_method_and_every_trial_is_told():
    task, told = region_task(), []
    trials = [*trials_of("entropy", task), *trials_of("vlpl", task)]
    told_of = lambda trial, score: told.append((trial, score))  # noqa: E731
    outcomes = search_in_process(trials, task, SCHEDULE, seed=0, on_trial=told_of)
    assert told == [(outcome.trial, outcome.score) for outcome in outcomes]
    choices = choices_of(outcomes, task)
    assert list(choices) == ["entropy", "vlpl"]
    for choice in choices.values():
        assert choice.taken.score == max(outcome.score for outcome in choice.outcomes)


def test_captions_teach_labels():
    task, test = captioned_task(), world(200, seed=2)
    known = np.where(test.things, 1, -1).astype(np.int8)
    judged = Holdout.of(test.regions.mean(axis=1), known, test.regions)
    schedule = Schedule(epochs=8, batch_size=256, learning_rate=3e-3)
    scores = {
        method: holdout_score(
            head_logits(learn(method, task, schedule, seed=0).head, judged.vectors, judged.regions),
            judged,
        )
        for method in ("zero_shot", "tagalign")
    }
    assert scores["tagalign"] > scores["zero_shot"] + 0.1


def test_without_captions_or_regions_it_says_what_is_missing():
    task = captioned_task(num_images=5)
    with pytest.raises(InputError, match="needs captions"):
        learn("tagalign", replace(task, captions=None), SCHEDULE, seed=0)
    with pytest.raises(InputError, match="region vectors"):
        learn("tagalign", replace(task, regions=()), SCHEDULE, seed=0)
