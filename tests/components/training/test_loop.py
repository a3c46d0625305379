from dataclasses import replace

import numpy as np
import pytest
import torch

from components.metrics.ranking import average_precision
from components.training.checkpoint import FitState
from components.training.inference import head_logits
from components.training.linear import StandardisedLinear, Standardiser, head_like_zero_shot
from components.training.loop import fit
from components.training.settings import Schedule
from components.training.task import Holdout, Names, Task
from tests.components.methods.making import recipe_of

SCHEDULE = Schedule(epochs=6, batch_size=32, learning_rate=0.01, checkpoint_every=2)


def world(seed=0, *, examples=240, labels=6, embed=16):
    """Vectors in a cone, with label directions that the text vectors only half know."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(labels, embed))
    truth = random.random((examples, labels)) < 0.3
    vectors = truth @ directions + 0.8 * random.normal(size=(examples, embed)) + 3.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = directions + 1.5 * random.normal(size=directions.shape)
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    return vectors.astype(np.float32), truth, text.astype(np.float32)


def assert_same(one, other):
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


def problem(seed=0):
    vectors, truth, text = world(seed)
    states = np.where(truth, 1, -1).astype(np.int8)
    half = len(vectors) // 2
    views = np.stack([vectors[:half], vectors[:half]])
    return Task(
        views=views,
        states=states[:half],
        names=Names(vectors=text, temperature=0.1),
        holdout=Holdout.of(vectors[half:], states[half:]),
    )


@pytest.mark.parametrize("method", ["assume_negative", "ignore_unknown", "vlpl"])
def test_learning_from_full_labels_improves_on_the_zero_shot_start(method):
    task = problem()
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
    task = problem()
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


def test_a_state_of_another_fit_is_not_taken(tmp_path):
    task = problem()
    fit(
        recipe_of("assume_negative"),
        task,
        SCHEDULE,
        seed=0,
        on_checkpoint=lambda state: state.save(tmp_path / "state", "one"),
    )
    assert FitState.load(tmp_path / "state", "another") is None
    assert FitState.load(tmp_path / "nothing", "one") is None


def test_same_seed_same_head_other_seed_another():
    task = problem()
    first, again, other = (
        fit(recipe_of("vlpl"), task, SCHEDULE, seed=seed).head for seed in (0, 0, 1)
    )
    assert_same(first, again)
    assert not torch.equal(first.state_dict()["weight"], other.state_dict()["weight"])


def test_a_single_example_and_a_label_without_positives_train():
    task = problem()
    states = task.states[:1].copy()
    states[0] = [1, -1, 0, 0, 0, 0]
    single = replace(task, views=task.views[:, :1], states=states)
    result = fit(recipe_of("vlpl"), single, SCHEDULE, seed=0)
    assert torch.isfinite(result.head.state_dict()["weight"]).all()


def test_a_standardised_head_folds_back_onto_raw_vectors():
    vectors, _, text = world()
    space = Standardiser.of(vectors)
    inner = space.apply(vectors)
    weight, bias = head_like_zero_shot(inner, text, 0.2)
    raw = StandardisedLinear(space, weight, bias).folded()
    np.testing.assert_allclose(head_logits(raw, vectors, None), inner @ weight.T + bias, atol=1e-3)
    assert np.sqrt(np.mean(inner**2)) == pytest.approx(1, abs=1e-4)


def test_vectors_without_spread_do_not_divide_by_zero():
    same = np.ones((4, 3), np.float32)
    weight, bias = head_like_zero_shot(
        Standardiser.of(same).apply(same), np.eye(3, dtype=np.float32), 0.5
    )
    assert np.isfinite(weight).all()
    assert np.isfinite(bias).all()
