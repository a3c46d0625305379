import numpy as np
import pytest

from components.methods.csa.feedback import feedback_strength


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
