import numpy as np
import pytest

from bench.proposals.protocols import DESCRIPTIONS, halves, known_states
from tests.bench.proposals.made_world import IMAGES


@pytest.mark.parametrize("protocol", DESCRIPTIONS)
def test_protocols_show_what_they_say(protocol):
    truth = np.random.default_rng(0).random((20, 6)) < 0.5
    truth[:, 0] = True
    labelled, other = halves(20, seed=1)
    assert sorted([*labelled, *other]) == list(range(20))
    states = known_states(truth, labelled, protocol, seed=1)
    assert ((states == 1) <= truth).all()
    assert ((states == -1) <= ~truth).all()
    per_image = (states != 0).sum(axis=1)
    assert (per_image[other] == (protocol != "labelled_half")).all()
    assert (per_image[labelled] == (1 if protocol == "one_each" else 6)).all()


def test_the_truth_of_the_measured_half_teaches_nothing(seen) -> None:
    labelled, other = halves(IMAGES, seed=0)
    changed = seen.truth.copy()
    changed[other] = ~changed[other]
    states, same = (
        known_states(truth, labelled, "labelled_half", seed=0) for truth in (seen.truth, changed)
    )
    np.testing.assert_array_equal(states, same)
    assert not states[other].any()
