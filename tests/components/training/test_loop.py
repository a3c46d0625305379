from dataclasses import replace

import numpy as np
import pytest
import torch

from components.metrics.ranking import average_precision
from components.training.checkpoint import FitState
from components.training.inference import head_logits
from components.training.loop import fit
from components.training.settings import Schedule
from tests.components.methods.making import recipe_of
from tests.components.training.vectors_in_a_cone import task_of_vectors

SCHEDULE = Schedule(epochs=6, batch_size=32, learning_rate=0.01, checkpoint_every=2)


def assert_same(one, other):
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@pytest.mark.parametrize("method", ["assume_negative", "ignore_unknown", "vlpl"])
def test_learning_from_full_labels_improves_on_the_zero_shot_start(method):
    task = task_of_vectors()
    result = fit(recipe_of(method), task, SCHEDULE, seed=0)
    start = result.history[0]["holdout_mAP"]
    plain = np.nanmean(
        average_precision(task.holdout.vectors @ task.names.vectors.T, task.holdout.truth)
    )
    assert start == pytest.approx(plain, abs=1e-6)
    assert result.best_score > start + 0.05
    logits = head_logits(result.head, task.holdout.vectors, None)
    assert np.nanmean(average_precision(logits, task.holdout.truth)) == pytest.approx(
        result.best_score, abs=1e-4
    )


def test_a_resumed_fit_ends_with_the_same_head(tmp_path):
    task = task_of_vectors()
    whole = fit(recipe_of("assume_negative"), task, SCHEDULE, seed=3)

    class KilledError(Exception):
        pass

    def keep_then_die(state):
        state.save(tmp_path / "state", "print")
        if state.epoch == 4:
            raise KilledError

    with pytest.raises(KilledError):
        fit(recipe_of("assume_negative"), task, SCHEDULE, seed=3, on_checkpoint=keep_then_die)
    state = FitState.load(tmp_path / "state", "print")
    assert state is not None
    assert state.epoch == 4
    resumed = fit(recipe_of("assume_negative"), task, SCHEDULE, seed=3, state=state)
    assert_same(resumed.head, whole.head)
    assert resumed.history == whole.history


def test_same_seed_same_head_other_seed_another():
    task = task_of_vectors()
    first, again, other = (
        fit(recipe_of("vlpl"), task, SCHEDULE, seed=seed).head for seed in (0, 0, 1)
    )
    assert_same(first, again)
    assert not torch.equal(first.state_dict()["weight"], other.state_dict()["weight"])


def test_a_single_example_and_a_label_without_positives_train():
    task = task_of_vectors()
    states = task.states[:1].copy()
    states[0] = [1, -1, 0, 0, 0, 0]
    single = replace(task, views=task.views[:, :1], states=states)
    result = fit(recipe_of("vlpl"), single, SCHEDULE, seed=0)
    assert torch.isfinite(result.head.state_dict()["weight"]).all()
