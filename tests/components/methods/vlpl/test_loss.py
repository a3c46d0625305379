import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.methods.vlpl.loss import cell_losses
from components.methods.vlpl.settings import VLPLSettings
from tests.components.methods.label_order import assert_label_order_does_not_matter
from tests.reference.vlpl_loss import vlpl_cell

SHAPE = (4, 5)
logits_of = arrays(np.float64, SHAPE, elements=st.floats(-8, 8))
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
SETTINGS = {"alpha": 0.2, "beta": 0.7, "beta_negative": 0.3, "smoothing": 0.9}
CHOSEN = VLPLSettings(alpha=0.2, beta=0.7, beta_negative=0.3, smoothing=0.9)


def vlpl(logits, states, proposals=None, settings=CHOSEN):
    nothing = torch.zeros_like(states) if proposals is None else proposals
    return cell_losses(settings, logits, states, nothing).mean()


def vlpl_of_arrays(logits, states, proposals):
    given = [torch.from_numpy(each) for each in (logits, states, proposals)]
    return vlpl(given[0], given[1], given[2])


@given(logits_of, states_of, states_of)
def test_vlpl_is_the_sum_of_its_equations(logits, states, proposals):
    found = vlpl_of_arrays(logits, states, proposals)
    expected = np.mean(
        [
            vlpl_cell(logit, state, proposal, **SETTINGS)
            for logit, state, proposal in zip(
                logits.ravel(), states.ravel(), proposals.ravel(), strict=True
            )
        ]
    )
    assert float(found) == pytest.approx(expected, rel=1e-9)


@given(logits_of, states_of, states_of)
def test_a_proposal_for_a_known_cell_changes_nothing(logits, states, proposals):
    kept = np.where(states == 0, proposals, 0).astype(np.int8)
    given_all = vlpl_of_arrays(logits, states, proposals)
    assert float(given_all) == float(vlpl_of_arrays(logits, states, kept))


def test_gradients_agree_with_finite_differences():
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(3, 4))).requires_grad_()
    states = torch.from_numpy(random.integers(-1, 2, (3, 4)).astype(np.int8))
    assert torch.autograd.gradcheck(lambda x: vlpl(x, states), (logits,))


def test_gradients_of_proposals_agree_with_finite_differences():
    random = np.random.default_rng(0)
    logits = torch.from_numpy(random.normal(size=(3, 4))).requires_grad_()
    states, proposals = (
        torch.from_numpy(random.integers(-1, 2, (3, 4)).astype(np.int8)) for _ in range(2)
    )
    assert torch.autograd.gradcheck(lambda x: vlpl(x, states, proposals), (logits,))


@given(seed=st.integers(0, 10_000))
def test_the_order_of_labels_does_not_matter(seed):
    assert_label_order_does_not_matter(vlpl, seed)


def test_vlpl_as_released_has_no_pseudo_negatives_and_the_paper_has():
    logits = torch.zeros(1, 1)
    unknown, denied = torch.zeros(1, 1, dtype=torch.int8), -torch.ones(1, 1, dtype=torch.int8)
    released, paper = (VLPLSettings.variant(name) for name in ("released", "paper"))
    assert float(vlpl(logits, unknown, denied, released)) == 0
    assert float(vlpl(logits, unknown, denied, paper)) == pytest.approx(0.7 * np.log(2), abs=1e-4)
