from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.optim.swa_utils import AveragedModel

from components.methods.csa.context_targets import believed_contexts, known_contexts, noisy_or
from components.methods.csa.feedback import feedback_strength
from components.methods.csa.pseudo_label_thresholds import class_thresholds, prior_share
from components.methods.csa.pseudo_label_weights import TrustCurve, pseudo_weights
from components.methods.csa.recipe import followed
from components.methods.csa.strong_views import strong_view
from components.models.heads.linear import LinearHead
from components.models.images import Images

SHAPE = (6, 5)
GROUPS = torch.tensor([0, 1, 0, 2, 1])
states_of = arrays(np.int8, SHAPE, elements=st.sampled_from([-1, 0, 1]))
chances_of = arrays(np.float64, SHAPE, elements=st.floats(0, 0.99))


@given(states_of, chances_of)
def test_contexts_are_the_noisy_or_of_their_labels(states, chances):
    given_states, given_chances = torch.from_numpy(states), torch.from_numpy(chances)
    found = believed_contexts(given_states, given_chances, GROUPS, 3).numpy()
    settled = known_contexts(given_states, GROUPS, 3).numpy()
    for row in range(SHAPE[0]):
        for group in range(3):
            members = [k for k in range(5) if GROUPS[k] == group]
            absent = 1.0
            for k in members:
                state = states[row, k]
                absent *= 1 - (chances[row, k] if state == 0 else float(state == 1))
            assert found[row, group] == pytest.approx(1 - absent, abs=2e-6)
            of_group = {states[row, k] for k in members}
            expected = 1 if 1 in of_group else (0 if 0 in of_group else -1)
            assert settled[row, group] == expected


def test_noisy_or_keeps_small_chances_and_its_gradient_is_right():
    tiny = torch.full((1, 5), 1e-7, dtype=torch.float64)
    assert float(noisy_or(tiny, GROUPS, 3)[0, 0]) == pytest.approx(2e-7, rel=1e-6)
    chances = torch.rand(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    chances = (0.9 * chances).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: noisy_or(p, GROUPS, 3), (chances,))


def test_cap_calls_as_many_present_as_known_images_let_expect():
    states = np.zeros((20, 2), np.int8)
    states[:4] = [[1, 1], [1, -1], [-1, -1], [-1, -1]]
    scores = np.random.default_rng(0).permuted(np.linspace(0, 1, 40)).reshape(20, 2)
    scores = scores.astype(np.float32)
    found = class_thresholds("cap", scores, states, beta=0.5, expected_positives=1.0)
    assert (scores >= found)[4:].sum(axis=0).tolist() == [8, 4]


def test_a_label_without_known_negative_is_expected_as_often_as_it_was_written_down():
    states = np.zeros((20, 3), np.int8)
    states[:4, 0] = states[4:6, 1] = 1
    np.testing.assert_allclose(prior_share(states, 1.5), [1.0, 0.5, 0.0])
    scores = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    for policy in ("cap", "f_beta"):
        found = class_thresholds(policy, scores, states, beta=0.5, expected_positives=0.75)
        chosen = ((scores >= found) & (states == 0)).sum(axis=0)
        assert chosen.tolist() == [8, 4, 0]


def test_f_beta_separates_what_known_cells_separate():
    states = np.array([[1], [1], [-1], [-1], [0]], np.int8)
    scores = np.array([[0.9], [0.6], [0.3], [0.1], [0.5]], np.float32)
    found = class_thresholds("f_beta", scores, states, beta=0.5, expected_positives=1.0)
    assert 0.3 < found[0] <= 0.6


@given(chances_of)
def test_a_fitted_curve_reads_as_the_calibrated_weight_does(scores):
    from components.labelers.calibrated_weight import CalibratedWeight

    random = np.random.default_rng(0)
    seen = random.random((40, 5)).astype(np.float32)
    truth = random.random((40, 5)) < seen**2
    curve = TrustCurve()
    curve.fit(seen, truth, np.ones_like(truth))
    expected = CalibratedWeight.fit(seen, truth, np.ones_like(truth)).chance(scores)
    found = curve(torch.from_numpy(scores)).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(chances_of)
def test_pseudo_weights_are_chances(scores):
    given_scores = torch.from_numpy(scores)
    present = given_scores > 0.3
    curve = TrustCurve()
    uniform = pseudo_weights("uniform", given_scores, present, curve)
    assert bool((uniform == 1).all())
    assert torch.equal(pseudo_weights("calibrated", given_scores, present, curve), uniform)
    sure = pseudo_weights("confidence", given_scores, present, curve)
    np.testing.assert_allclose(sure.numpy(), np.abs(2 * scores - 1))
    curve.chances.fill_(0.25)
    curve.fitted.fill_(True)
    weighed = pseudo_weights("calibrated", given_scores, present, curve)
    np.testing.assert_allclose(weighed.numpy(), np.where(present, 0.25, 0.75), atol=1e-6)


def test_a_curve_needs_present_and_absent_cells():
    curve, scores = TrustCurve(), np.full((2, 2), 0.5, np.float32)
    everything = np.ones((2, 2), bool)
    curve.fit(scores, everything, everything)
    curve.fit(scores, ~everything, everything)
    curve.fit(scores, everything, ~everything)
    assert not bool(curve.fitted)


def drawn_feedback(strength, seed=0):
    random = np.random.default_rng(seed)
    logits, contexts = random.normal(size=(2, 400, 6))
    chance = 1 / (1 + np.exp(-(logits + strength * contexts - 1)))
    states = np.where(random.random(logits.shape) < chance, 1, -1).astype(np.int8)
    return logits, contexts, states


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_the_strength_of_contexts_is_found(strength):
    assert feedback_strength(*drawn_feedback(strength)) == pytest.approx(strength, abs=0.2)


def test_contexts_that_mislead_pass_nothing_on():
    assert feedback_strength(*drawn_feedback(-0.5)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("state", [1, 0, -1])
def test_contexts_pass_nothing_on_where_nothing_can_be_measured(state):
    logits, contexts, states = drawn_feedback(1.0)
    assert feedback_strength(logits, contexts, np.full_like(states, state)) == 0.0
    assert feedback_strength(logits[:0], contexts[:0], states[:0]) == 0.0


def test_the_order_of_labels_does_not_change_the_strength():
    logits, contexts, states = drawn_feedback(0.5)
    order = [3, 1, 5, 0, 2, 4]
    plain = feedback_strength(logits, contexts, states)
    turned = feedback_strength(logits[:, order], contexts[:, order], states[:, order])
    assert turned == pytest.approx(plain, rel=1e-3)


def test_the_teacher_follows_the_student_slowly_and_is_never_trained():
    student = LinearHead.of(np.zeros((2, 3), np.float32))
    teacher = AveragedModel(student, avg_fn=partial(followed, decay=0.9)).requires_grad_(False)
    teacher.update_parameters(student)
    with torch.no_grad():
        student.weight.fill_(1.0)
    expected = 0.0
    for count in range(1, 40):
        teacher.update_parameters(student)
        kept = min(0.9, (1 + count) / (10 + count))
        expected = kept * expected + (1 - kept)
    assert float(teacher.module.state_dict()["weight"][0, 0]) == pytest.approx(expected, rel=1e-5)
    assert not any(each.requires_grad for each in teacher.parameters())


def test_a_strong_view_leaves_regions_out_and_changes_nothing_else():
    images = Images(torch.randn(3, 4), torch.randn(3, 8, 4))
    strong = strong_view(images, region_dropout=0.5, noise=0.0)
    assert torch.equal(strong.vectors, images.vectors)
    assert strong.required_regions().shape == (3, 4, 4)
    for own, kept in zip(images.required_regions(), strong.required_regions(), strict=True):
        assert all(any(torch.equal(region, other) for other in own) for region in kept)
    everything = strong_view(images, region_dropout=0.0, noise=0.0)
    assert torch.equal(everything.required_regions(), images.required_regions())
    assert strong_view(images, region_dropout=0.99, noise=0.1).required_regions().shape[1] == 1
