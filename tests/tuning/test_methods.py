from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml

from components.errors import InputError
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.efuda.recipe import Efuda
from components.methods.gpr.labelwise_negatives import LabelwiseNegatives
from components.methods.gpr.multi_crop import MultiCrop
from components.methods.gpr.recipe import GPR
from components.training.data import Schedule
from components.training.inference import head_logits, holdout_score
from tests.components.methods.region_world import region_problem
from tuning.attempts import ATTEMPTS, Attempt
from tuning.methods import choose, learn
from tuning.task import Task

SCHEDULE = Schedule(epochs=2, batch_size=50, learning_rate=0.01, min_steps=2)


def region_task(rule="verified"):
    data, holdout, names = region_problem()
    states = np.where(holdout.truth, 1, -1).astype(np.int8)
    return Task(
        views=data.views,
        regions=data.regions,
        states=data.states,
        names=names,
        holdout=holdout,
        holdout_states=states,
        rule=rule,
        schedule=SCHEDULE,
        grid=(2, 2),
    )


@pytest.mark.parametrize("method", ["entropy", "vlpl", "gpr", "trm_ml", "efuda"])
def test_a_method_learns_a_head_that_scores_as_it_says(method):
    task = region_task()
    learned = learn(method, task, seed=0)
    assert learned.method == learned.settings["name"] == method
    logits = head_logits(learned.head, task.holdout.vectors, task.holdout.regions)
    assert holdout_score(logits, task.holdout) == pytest.approx(learned.holdout_score, abs=1e-5)
    assert learned.holdout_score > holdout_score(-logits, task.holdout) + 0.1


def test_zero_shot_is_the_cosines_over_the_temperature():
    task = region_task()
    logits = head_logits(learn("zero_shot", task, seed=0).head, task.holdout.vectors, None)
    expected = task.holdout.vectors @ task.names.vectors.T / task.names.temperature
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)


def test_the_same_arguments_give_the_same_head():
    one, other = (learn("efuda", region_task(), seed=1).head.state_dict() for _ in range(2))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_published_methods_are_chosen_by_score_alone():
    chosen = choose("entropy", region_task(), seed=0)
    assert chosen.place == int(np.argmax(chosen.scores))
    assert chosen.result.best_score == max(chosen.scores)


def test_an_unknown_method_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match=r"'magic'.*efuda"):
        learn("magic", region_task(), seed=0)


def test_an_attempt_cuts_the_epochs_and_never_adds_any():
    attempt = Attempt(recipe=Efuda(), pull=7.0, most_epochs=24)
    assert attempt.schedule(replace(SCHEDULE, epochs=40)) == replace(
        SCHEDULE, epochs=24, weight_decay=7.0
    )
    assert attempt.schedule(replace(SCHEDULE, epochs=10)).epochs == 10
    assert Attempt(recipe=Efuda(), pull=7.0).schedule(replace(SCHEDULE, epochs=40)).epochs == 40


@pytest.mark.parametrize("method", ATTEMPTS)
@pytest.mark.parametrize("rule", ["verified", "observed"])
def test_what_an_attempt_says_of_itself_survives_a_file(method, rule):
    attempts = ATTEMPTS[method](region_task(rule))
    told = [attempt.describe() for attempt in attempts]
    assert yaml.safe_load(yaml.safe_dump(told)) == told
    assert all(each["name"] == method for each in told)
    assert len({yaml.safe_dump(each) for each in told}) == len(told)


def test_efuda_tries_from_cautious_to_bold():
    pulls = [attempt.pull for attempt in ATTEMPTS["efuda"](region_task())]
    assert pulls == sorted(pulls, reverse=True)


def test_only_unknown_cells_are_proposed_for():
    task = region_task()
    task = replace(task, names=replace(task.names, temperature=0.02))
    attempts = ATTEMPTS["vlpl"](task)
    proposals = np.stack([attempt.propose(task) for attempt in attempts])
    assert proposals[0].any()
    assert not proposals[:, task.states != 0].any()
    assert not Attempt(recipe=Efuda(), pull=1.0).propose(task).any()


def test_regions_stand_for_crops_whatever_the_block(monkeypatch):
    task = region_task()
    attempt = Attempt(recipe=GPR(), pull=0.0, labeler=MultiCrop(theta=0.2))
    whole = attempt.propose(task)
    assert (whole == 1).any()
    assert not whole[task.states != 0].any()
    monkeypatch.setattr("tuning.region_proposals.rows_at_once", lambda *_: 7)
    assert (attempt.propose(task) == whole).all()


def test_crops_without_regions_say_what_to_do():
    task = replace(region_task(), regions=())
    with pytest.raises(InputError, match="embed regions"):
        Attempt(recipe=GPR(), pull=0.0, labeler=MultiCrop()).propose(task)
    assert not any(isinstance(each.labeler, MultiCrop) for each in ATTEMPTS["gpr"](task))


def test_negatives_replace_those_of_the_labeler():
    task = region_task()
    labeler = SoftmaxThreshold(theta=0.2, negative_share=0.5)
    plain, labelwise = (
        Attempt(recipe=GPR(), pull=0.0, labeler=labeler, negatives=negatives).propose(task)
        for negatives in (None, LabelwiseNegatives(share=0.4))
    )
    assert ((plain == 1) == (labelwise == 1)).all()
    unknown = (task.states == 0).sum(axis=0)
    assert ((labelwise == -1).sum(axis=0) <= 0.4 * unknown).all()
    assert (labelwise == -1).any()


def test_gpr_reads_the_number_of_labels_off_a_hold_out_with_absences_only():
    verified, observed = (ATTEMPTS["gpr"](region_task(rule)) for rule in ("verified", "observed"))
    number = (region_task().holdout_states == 1).sum(axis=1).mean()
    assert verified[0].recipe.expected_positives == pytest.approx(number)
    assert observed[0].recipe.expected_positives is None
    assert verified[0].recipe.epochs == SCHEDULE.epochs
