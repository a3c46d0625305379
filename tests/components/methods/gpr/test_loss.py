import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.autograd import gradcheck

from components.methods.gpr.loss import cell_losses, expected_positives_gap, robust
from components.methods.gpr.settings import Annealing, Belief, CellSettings, GPRSettings
from tests.reference.gpr_loss import gpr_cell

SHAPE = (4, 5)

PUBLISHED = GPRSettings()


def gpr(logits, states, proposals, *, epoch=0, settings=PUBLISHED):
    """The loss of a batch in an epoch of eight."""
    weights = torch.ones_like(logits)
    belief = settings.annealing.at(epoch, 8)
    each = cell_losses(settings.cells, logits, states, proposals, weights, belief)
    if settings.expected_positives is None:
        return each.mean()
    gap = expected_positives_gap(logits, settings.expected_positives)
    return each.mean() + settings.regulariser * gap


logits_of = arrays(np.float64, SHAPE, elements=st.floats(-9, 9))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
weights_of = arrays(np.float64, SHAPE, elements=st.floats(0, 1))
BELIEF = Belief(slope=5.0, offset=-4.0, centre=0.7, width=0.6)
SETTINGS = CellSettings(
    q_present=0.3, q_absent=0.8, least_trust=0.2, most_trust=0.6, smoothing=0.85
)
SHAPE_OF_BELIEF = {"w": 5.0, "b": -4.0, "mu": 0.7, "sigma": 0.6}
EQUATION = SHAPE_OF_BELIEF | {"q2": 0.3, "q3": 0.8, "lam1": 0.6, "lam2": 0.2, "rho": 0.85}


def drawn_cells(seed=0):
    random = np.random.default_rng(seed)
    logits = torch.from_numpy(random.normal(size=SHAPE) * 2).requires_grad_()
    states, proposals = (
        torch.from_numpy(random.integers(-1, 2, SHAPE).astype(np.int8)) for _ in range(2)
    )
    return logits, states, proposals, torch.from_numpy(random.random(SHAPE))


@given(logits_of, states_of, states_of, weights_of)
def test_every_cell_is_its_equation(logits, states, proposals, weights):
    cells = [torch.from_numpy(each) for each in (logits, states, proposals, weights)]
    found = cell_losses(SETTINGS, cells[0], cells[1], cells[2], cells[3], BELIEF)
    for cell in np.ndindex(SHAPE):
        expected = gpr_cell(logits[cell], states[cell], proposals[cell], weights[cell], **EQUATION)
        assert float(found[cell]) == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("settings", [CellSettings(), SETTINGS])
def test_gradients_agree_with_finite_differences(settings):
    logits, states, proposals, weights = drawn_cells()
    judged = torch.sigmoid(logits).detach()
    assert gradcheck(
        lambda x: cell_losses(settings, x, states, proposals, weights, BELIEF, judged).sum(),
        (logits,),
    )
    assert gradcheck(lambda x: expected_positives_gap(x, 1.7), (logits,))


def test_belief_passes_no_gradient():
    logits, states, proposals, weights = drawn_cells()
    judged = torch.sigmoid(logits).detach()
    free = cell_losses(SETTINGS, logits, states, proposals, weights, BELIEF).sum()
    held = cell_losses(SETTINGS, logits, states, proposals, weights, BELIEF, judged).sum()
    (one,), (other,) = (torch.autograd.grad(each, logits) for each in (free, held))
    torch.testing.assert_close(one, other)


def test_a_proposal_of_weight_zero_has_no_gradient_and_others_have():
    logits, states, proposals, weights = drawn_cells()
    proposed = (states == 0) & (proposals != 0)
    ignored = proposed & (torch.arange(SHAPE[1]) % 2 == 0)
    assert ignored.any()
    assert (proposed & ~ignored).any()
    weights = torch.where(ignored, 0.0, weights)
    (gradient,) = torch.autograd.grad(
        cell_losses(SETTINGS, logits, states, proposals, weights, BELIEF).sum(), logits
    )
    assert not gradient[ignored].any()
    assert gradient[proposed & ~ignored].all()


@given(logits_of, states_of, states_of)
def test_a_proposal_for_a_known_cell_changes_nothing(logits, states, proposals):
    kept = np.where(states == 0, proposals, 0).astype(np.int8)
    one, other = (gpr(*map(torch.from_numpy, (logits, states, each))) for each in (proposals, kept))
    assert float(one) == float(other)


@given(logits_of, states_of, states_of, st.integers(0, 99))
def test_the_order_of_labels_does_not_matter(logits, states, proposals, seed):
    order = np.random.default_rng(seed).permutation(SHAPE[1])
    given_cells = [torch.from_numpy(each) for each in (logits, states, proposals)]
    settings = GPRSettings(expected_positives=2.0, regulariser=0.5)
    turned = gpr(*(each[:, order] for each in given_cells), epoch=3, settings=settings)
    assert float(gpr(*given_cells, epoch=3, settings=settings)) == pytest.approx(
        float(turned), abs=1e-12
    )


@pytest.mark.parametrize("epoch", [0, 7])
def test_it_is_finite_in_single_precision_at_extreme_logits(epoch):
    logits = torch.tensor([[-200.0, -60.0, 0.0, 60.0, 200.0]], requires_grad=True)
    for state in (-1, 0, 1):
        for proposal in (-1, 0, 1):
            cells = [torch.full((1, 5), each, dtype=torch.int8) for each in (state, proposal)]
            loss = gpr(logits, *cells, epoch=epoch)
            (gradient,) = torch.autograd.grad(loss, logits)
            assert torch.isfinite(loss)
            assert loss >= 0
            assert torch.isfinite(gradient).all()


def test_robust_goes_from_the_logarithm_to_a_line():
    surprise = torch.tensor([[0.01, 0.7, 3.0, 80.0]], dtype=torch.float64)
    torch.testing.assert_close(robust(surprise, 1.0), 1 - torch.exp(-surprise))
    torch.testing.assert_close(robust(surprise, 1e-9), surprise)
    assert (robust(surprise, 0.01) < 100).all()


def test_belief_moves_linearly_and_arrives_as_published():
    annealing = Annealing()
    first, middle, last = (annealing.at(epoch, 8) for epoch in (0, 4, 7))
    assert (first.slope, first.offset) == (0.0, -2.0)
    assert first.centre == pytest.approx(0.5 + 0.3 / 8)
    assert (middle.slope, middle.offset) == (5.0, -5.0)
    assert (middle.centre, middle.width) == pytest.approx((0.6875, 1.0625))
    assert last.slope == pytest.approx(8.75)
    assert (last.centre, last.width) == pytest.approx((0.8, 0.5))
    assert annealing.at(8, 8) == annealing.at(50, 8) == annealing.last


def test_the_gap_is_zero_where_images_get_as_many_labels_as_expected():
    assert float(expected_positives_gap(torch.zeros(3, 4), 2.0)) == 0
    assert float(expected_positives_gap(torch.zeros(3, 4), 0.0)) == pytest.approx(0.25)
    nothing = torch.zeros(3, 4, dtype=torch.int8)
    plain, with_gap = (
        gpr(
            torch.zeros(3, 4),
            nothing,
            nothing,
            settings=GPRSettings(expected_positives=each, regulariser=0.5),
        )
        for each in (None, 0.0)
    )
    assert float(with_gap - plain) == pytest.approx(0.125)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Belief, {"slope": 0.0, "offset": 0.0, "centre": 0.0, "width": 0.0}),
        (CellSettings, {"q_present": 0.0}),
        (CellSettings, {"least_trust": 0.8}),
        (CellSettings, {"smoothing": 0.5}),
        (GPRSettings, {"annealing_epochs": 0}),
        (GPRSettings, {"regulariser": -1.0}),
        (GPRSettings, {"expected_positives": -1.0}),
    ],
)
def test_values_out_of_range_are_refused(kind, wrong):
    with pytest.raises(ValueError, match=r"must"):
        kind(**wrong)
