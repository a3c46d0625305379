import numpy as np
import pytest

from components.training.inference import head_logits
from components.training.linear import StandardisedLinear, Standardiser, head_like_zero_shot
from tests.components.training.vectors_in_a_cone import world


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
