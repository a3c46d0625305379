import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.methods.csa.context_targets import believed_contexts, known_contexts, noisy_or

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
