from dataclasses import replace

import numpy as np
import pytest
import torch

from components.errors import InputError
from components.methods.csa.recipe import CSA
from components.methods.efuda.recipe import Efuda
from components.methods.entropy.recipe import Entropy
from components.methods.trm_ml.recipe import TRMML
from components.models.heads.linear import LinearHead
from components.models.heads.region_query import RegionQuery
from components.models.heads.summed import SummedHead
from components.training.data import Names
from components.training.inference import head_logits, holdout_score
from components.training.learner import Start
from components.training.loop import fit
from components.training.state import FitState
from tests.components.methods.region_world import LABELS, SCHEDULE, region_problem
from tests.reference.vlpl_loss import vlpl_cell

RECIPES = [TRMML(), Efuda()]
by_name = pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.name)


def assert_same(one, other):
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@by_name
def test_learning_improves_on_the_start(recipe):
    data, holdout, names = region_problem()
    result = fit(recipe, data, holdout, names, SCHEDULE, seed=0)
    assert isinstance(result.head, RegionQuery if recipe.name == "trm_ml" else SummedHead)
    assert result.best_score > result.history[0]["holdout_mAP"] + 0.03
    logits = head_logits(result.head, holdout.vectors, holdout.regions)
    assert holdout_score(logits, holdout) == pytest.approx(result.best_score, abs=1e-5)


@by_name
def test_a_killed_and_resumed_fit_ends_with_the_same_head(tmp_path, recipe):
    data, holdout, names = region_problem()
    whole = fit(recipe, data, holdout, names, SCHEDULE, seed=3)

    class KilledError(Exception):
        pass

    def keep_then_die(state):
        state.save(tmp_path / "state", "print")
        if state.epoch == 4:
            raise KilledError

    with pytest.raises(KilledError):
        fit(recipe, data, holdout, names, SCHEDULE, seed=3, on_checkpoint=keep_then_die)
    state = FitState.load(tmp_path / "state", "print")
    resumed = fit(recipe, data, holdout, names, SCHEDULE, seed=3, state=state)
    assert resumed.history == whole.history
    assert_same(resumed.head, whole.head)


def test_efuda_without_regions_is_a_linear_head():
    data, holdout, names = region_problem()
    plain = replace(data, regions=())
    for given in (holdout, replace(holdout, regions=None)):
        result = fit(Efuda(), plain, given, names, SCHEDULE, seed=0)
        assert isinstance(result.head, LinearHead)
        assert result.best_score > result.history[0]["holdout_mAP"]


@pytest.mark.parametrize("recipe", [TRMML(), CSA()], ids=lambda each: each.name)
def test_recipes_of_regions_ask_for_them(recipe):
    data, holdout, names = region_problem()
    for data_, holdout_ in (
        (replace(data, regions=()), holdout),
        (data, replace(holdout, regions=None)),
    ):
        with pytest.raises(InputError, match=r"embed\.regions"):
            fit(recipe, data_, holdout_, names, SCHEDULE, seed=0)


def nothing_known(data, holdout, names):
    return replace(data, states=np.zeros_like(data.states)), holdout, names


def one_class(data, holdout, names):
    return (
        replace(data, states=data.states[:, :1], proposals=data.proposals[:, :1]),
        replace(holdout, truth=holdout.truth[:, :1], known=holdout.known[:, :1]),
        Names(vectors=names.vectors[:1], temperature=names.temperature),
    )


def one_image(data, holdout, names):
    single = replace(
        data,
        views=data.views[:, :1],
        states=np.array([[1, -1, 0, 0, 0]], np.int8),
        proposals=data.proposals[:1],
        regions=tuple(each[:1] for each in data.regions),
    )
    return single, holdout, names


@by_name
@pytest.mark.parametrize("poorer", [nothing_known, one_class, one_image])
def test_poor_data_train_without_a_fault(recipe, poorer):
    data, holdout, names = poorer(*region_problem())
    result = fit(recipe, data, holdout, names, replace(SCHEDULE, epochs=3), seed=0)
    for name, value in result.head.state_dict().items():
        assert torch.isfinite(value).all(), name
    assert all(np.isfinite(epoch["loss"]) for epoch in result.history)


def test_proposals_of_trm_ml_wait_for_the_warm_up():
    data, holdout, names = region_problem(hidden=0.8)
    eager, late, never = (
        fit(recipe, data, holdout, names, replace(SCHEDULE, epochs=2), seed=0).history
        for recipe in (
            TRMML(warm_up_epochs=0, theta=0.02, theta_negative=0.01),
            TRMML(warm_up_epochs=2, theta=0.02, theta_negative=0.01),
            TRMML(proposal_weight=0.0),
        )
    )
    assert late == never
    assert eager[1]["loss"] != late[1]["loss"]


def test_known_absences_are_seen_label_by_label():
    data, _, names = region_problem()
    states = data.states.copy()
    states[:, 2] = np.maximum(states[:, 2], 0)
    learner = Efuda().build(Start(replace(data, states=states), names))
    assert learner.never_absent.tolist() == [0, 0, 1, 0, 0]


def test_a_label_is_pulled_less_the_more_positives_it_has():
    data, _, names = region_problem()
    states = np.full_like(data.states, -1)
    states[:3, 1] = states[:8, 2] = 1
    states[:9, 3] = 0
    learner = Efuda().build(Start(replace(data, states=states), names))
    assert learner.pull_factors().tolist() == pytest.approx([1, 1 / 4, 1 / 9, 1, 1])


def test_a_strong_pull_holds_only_the_labels_with_few_positives():
    data, holdout, names = region_problem()
    states = data.states.copy()
    states[:, 2] = np.minimum(states[:, 2], 0)
    learned = replace(data, states=states)
    start, pulled = (
        fit(
            Efuda(),
            learned,
            holdout,
            names,
            replace(SCHEDULE, epochs=n, weight_decay=200.0),
            seed=0,
        )
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
    found = Efuda(unknown_weight=0.25).loss(logits, states, torch.tensor([1.0, 0.0]))
    present, silent, absent = np.log1p(np.exp(-2.0)), np.log1p(np.exp(1.0)), np.log(2.0)
    assert float(found) == pytest.approx((present + 0.25 * silent + absent) / 2.25)


def test_efuda_gradients_agree_with_finite_differences():
    logits, states, never_absent = efuda_batch()
    assert torch.autograd.gradcheck(lambda x: Efuda().loss(x, states, never_absent), (logits,))


def test_unknown_cells_of_labels_with_a_known_absence_teach_nothing():
    logits, states, never_absent = efuda_batch()
    states[0, 2] = 0
    Efuda().loss(logits, states, never_absent).backward()
    assert (logits.grad != 0).tolist() == [[True, True, False], [True, True, True]]


def test_an_unknown_weight_of_zero_ignores_silence():
    logits, states, never_absent = efuda_batch()
    Efuda(unknown_weight=0.0).loss(logits, states, never_absent).backward()
    assert torch.equal(logits.grad != 0, states != 0)
    nothing = torch.zeros_like(states)
    assert float(Efuda(unknown_weight=0.0).loss(logits.detach(), nothing, never_absent)) == 0


def test_entropy_keeps_unknown_cells_uncertain_and_reads_no_proposal():
    random = np.random.default_rng(0)
    logits = random.normal(size=(4, LABELS))
    states = random.integers(-1, 2, logits.shape).astype(np.int8)
    proposals = torch.ones(logits.shape, dtype=torch.int8)
    found = Entropy(alpha=0.3).loss(torch.from_numpy(logits), torch.from_numpy(states), proposals)
    settings = {"alpha": 0.3, "beta": 0.0, "beta_negative": 0.0, "smoothing": 0.9}
    cells = zip(logits.ravel(), states.ravel(), strict=True)
    expected = np.mean([vlpl_cell(logit, state, 0, **settings) for logit, state in cells])
    assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("recipe", "wrong"),
    [
        (Efuda, {"unknown_weight": 1.1}),
        (Efuda, {"averaging": 1.0}),
        (TRMML, {"contrast_weight": -1.0}),
        (TRMML, {"theta": 0.1, "theta_negative": 0.2}),
    ],
)
def test_settings_out_of_range_are_refused(recipe, wrong):
    with pytest.raises(ValueError, match="must be"):
        recipe(**wrong)
