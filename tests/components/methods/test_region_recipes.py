from dataclasses import replace

import numpy as np
import pytest
import torch

from components.errors import InputError
from components.methods.catalog import METHODS
from components.methods.efuda.recipe import loss as efuda_loss
from components.methods.efuda.settings import EfudaSettings
from components.methods.entropy.recipe import loss as entropy_loss
from components.models.heads.linear import LinearHead
from components.models.heads.region_query import RegionQuery
from components.models.heads.summed import SummedHead
from components.training.checkpoint import FitState
from components.training.inference import head_logits, holdout_score
from components.training.loop import fit
from components.training.task import Names
from tests.components.methods.making import recipe_of
from tests.components.methods.region_world import LABELS, SCHEDULE, region_task
from tests.reference.vlpl_loss import vlpl_cell

RECIPES = [recipe_of("trm_ml"), recipe_of("efuda")]
by_name = pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.name)


def assert_same(one, other):
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@by_name
def test_learning_improves_on_the_start(recipe):
    task = region_task()
    result = fit(recipe, task, SCHEDULE, seed=0)
    assert isinstance(result.head, RegionQuery if recipe.name == "trm_ml" else SummedHead)
    assert result.best_score > result.history[0]["holdout_mAP"] + 0.03
    logits = head_logits(result.head, task.holdout.vectors, task.holdout.regions)
    assert holdout_score(logits, task.holdout) == pytest.approx(result.best_score, abs=1e-5)


@by_name
def test_a_killed_and_resumed_fit_ends_with_the_same_head(tmp_path, recipe):
    task = region_task()
    whole = fit(recipe, task, SCHEDULE, seed=3)

    class KilledError(Exception):
        pass

    def keep_then_die(state):
        state.save(tmp_path / "state", "print")
        if state.epoch == 4:
            raise KilledError

    with pytest.raises(KilledError):
        fit(recipe, task, SCHEDULE, seed=3, on_checkpoint=keep_then_die)
    state = FitState.load(tmp_path / "state", "print")
    resumed = fit(recipe, task, SCHEDULE, seed=3, state=state)
    assert resumed.history == whole.history
    assert_same(resumed.head, whole.head)


def test_efuda_without_regions_is_a_linear_head():
    task = region_task()
    plain = replace(task, regions=())
    for holdout in (task.holdout, replace(task.holdout, regions=None)):
        given = replace(plain, holdout=holdout)
        result = fit(recipe_of("efuda"), given, SCHEDULE, seed=0)
        assert isinstance(result.head, LinearHead)
        assert result.best_score > result.history[0]["holdout_mAP"]


@pytest.mark.parametrize(
    "recipe", [recipe_of("trm_ml"), recipe_of("csa")], ids=lambda each: each.name
)
def test_recipes_of_regions_ask_for_them(recipe):
    task = region_task()
    for poorer in (
        replace(task, regions=()),
        replace(task, holdout=replace(task.holdout, regions=None)),
    ):
        with pytest.raises(InputError, match=r"embed\.regions"):
            fit(recipe, poorer, SCHEDULE, seed=0)


def nothing_known(task):
    return replace(task, states=np.zeros_like(task.states))


def one_class(task):
    holdout = replace(task.holdout, states=task.holdout.states[:, :1])
    names = Names(vectors=task.names.vectors[:1], temperature=task.names.temperature)
    return replace(task, states=task.states[:, :1], holdout=holdout, names=names)


def one_image(task):
    return replace(
        task,
        views=task.views[:, :1],
        states=np.array([[1, -1, 0, 0, 0]], np.int8),
        regions=tuple(each[:1] for each in task.regions),
    )


@by_name
@pytest.mark.parametrize("poorer", [nothing_known, one_class, one_image])
def test_poor_data_train_without_a_fault(recipe, poorer):
    task = poorer(region_task())
    result = fit(recipe, task, replace(SCHEDULE, epochs=3), seed=0)
    for name, value in result.head.state_dict().items():
        assert torch.isfinite(value).all(), name
    assert all(np.isfinite(epoch["loss"]) for epoch in result.history)


def test_proposals_of_trm_ml_wait_for_the_warm_up():
    task = region_task(hidden=0.8)
    eager, late, never = (
        fit(recipe, task, replace(SCHEDULE, epochs=2), seed=0).history
        for recipe in (
            recipe_of("trm_ml", warm_up_epochs=0, theta=0.02, theta_negative=0.01),
            recipe_of("trm_ml", warm_up_epochs=2, theta=0.02, theta_negative=0.01),
            recipe_of("trm_ml", proposal_weight=0.0),
        )
    )
    assert late == never
    assert eager[1]["loss"] != late[1]["loss"]


def test_known_absences_are_seen_label_by_label():
    task = region_task()
    states = task.states.copy()
    states[:, 2] = np.maximum(states[:, 2], 0)
    learner = recipe_of("efuda").build(replace(task, states=states))
    assert learner.never_absent.tolist() == [0, 0, 1, 0, 0]


def test_a_label_is_pulled_less_the_more_positives_it_has():
    task = region_task()
    states = np.full_like(task.states, -1)
    states[:3, 1] = states[:8, 2] = 1
    states[:9, 3] = 0
    learner = recipe_of("efuda").build(replace(task, states=states))
    assert learner.pull_factors().tolist() == pytest.approx([1, 1 / 4, 1 / 9, 1, 1])


def test_a_strong_pull_holds_only_the_labels_with_few_positives():
    task = region_task()
    states = task.states.copy()
    states[:, 2] = np.minimum(states[:, 2], 0)
    learned = replace(task, states=states)
    start, pulled = (
        fit(recipe_of("efuda", pull=200.0), learned, replace(SCHEDULE, epochs=n), seed=0)
        for n in (0, 5)
    )
    moved = (pulled.head.whole.weight - start.head.whole.weight).norm(dim=1)
    assert int(moved.argmin()) == 2


def efuda_batch():
    random = np.random.default_rng(0)
    states = torch.tensor([[1, 0, -1], [0, 0, 1]], dtype=torch.int8)
    logits = torch.from_numpy(random.normal(size=(2, 3))).requires_grad_()
    return logits, states, torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)


def test_efuda_counts_silence_a_little_where_nobody_said_no():
    logits = torch.zeros(2, 2)
    states = torch.tensor([[1, 0], [0, -1]], dtype=torch.int8)
    logits[0, 0], logits[1, 0] = 2.0, 1.0
    found = efuda_loss(EfudaSettings(unknown_weight=0.25), logits, states, torch.tensor([1.0, 0.0]))
    present, silent, absent = np.log1p(np.exp(-2.0)), np.log1p(np.exp(1.0)), np.log(2.0)
    assert float(found) == pytest.approx((present + 0.25 * silent + absent) / 2.25)


def test_efuda_gradients_agree_with_finite_differences():
    logits, states, never_absent = efuda_batch()
    assert torch.autograd.gradcheck(
        lambda x: efuda_loss(EfudaSettings(), x, states, never_absent), (logits,)
    )


def test_unknown_cells_of_labels_with_a_known_absence_teach_nothing():
    logits, states, never_absent = efuda_batch()
    states[0, 2] = 0
    efuda_loss(EfudaSettings(), logits, states, never_absent).backward()
    assert (logits.grad != 0).tolist() == [[True, True, False], [True, True, True]]


def test_an_unknown_weight_of_zero_ignores_silence():
    logits, states, never_absent = efuda_batch()
    efuda_loss(EfudaSettings(unknown_weight=0.0), logits, states, never_absent).backward()
    assert torch.equal(logits.grad != 0, states != 0)
    nothing = torch.zeros_like(states)
    assert (
        float(efuda_loss(EfudaSettings(unknown_weight=0.0), logits.detach(), nothing, never_absent))
        == 0
    )


def test_entropy_keeps_unknown_cells_uncertain():
    random = np.random.default_rng(0)
    logits = random.normal(size=(4, LABELS))
    states = random.integers(-1, 2, logits.shape).astype(np.int8)
    found = entropy_loss(torch.from_numpy(logits), torch.from_numpy(states), alpha=0.3)
    settings = {"alpha": 0.3, "beta": 0.0, "beta_negative": 0.0, "smoothing": 0.9}
    cells = zip(logits.ravel(), states.ravel(), strict=True)
    expected = np.mean([vlpl_cell(logit, state, 0, **settings) for logit, state in cells])
    assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("efuda", {"unknown_weight": 1.1}),
        ("efuda", {"averaging": 1.0}),
        ("trm_ml", {"contrast_weight": -1.0}),
        ("trm_ml", {"theta": 0.1, "theta_negative": 0.2}),
    ],
)
def test_settings_out_of_range_are_refused(method, wrong):
    with pytest.raises(ValueError, match="must be"):
        METHODS[method].settings(**wrong)
