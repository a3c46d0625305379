import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.methods.csa.affinity import affinity, co_occurrence

states_of = arrays(np.int8, (7, 5), elements=st.sampled_from([-1, 0, 1]))


def unit(rows, embed=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(rows, embed)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def slow_co_occurrence(states):
    num_labels = states.shape[1]
    found = np.zeros((num_labels, num_labels))
    for k in range(num_labels):
        for other in range(num_labels):
            if k != other:
                for a, b in ((k, other), (other, k)):
                    exposed = [row for row in states if row[b] == 1 and row[a] != 0]
                    both = [row for row in exposed if row[a] == 1]
                    found[k, other] += 0.5 * len(both) / max(len(exposed), 1)
    return found


@given(states_of)
def test_co_occurrence_is_its_equation(states):
    np.testing.assert_allclose(
        co_occurrence(states).toarray(), slow_co_occurrence(states), atol=1e-6
    )


@given(states_of)
def test_affinity_blends_co_occurrence_with_names(states):
    texts = unit(5)
    found = affinity(states, texts).toarray()
    pairs = ((states == 1).sum(axis=1) > 1).sum()
    omega = pairs / (pairs + 200)
    centred = texts - texts.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    names = np.maximum(centred @ centred.T, 0) * (1 - np.eye(5))
    blended = omega * slow_co_occurrence(states) + (1 - omega) * names
    linked = (blended.sum(axis=1) > 0)[:, None] & (blended.sum(axis=1) > 0)
    np.testing.assert_allclose(found[linked], blended[linked], atol=1e-6)
    np.testing.assert_allclose(found, found.T, atol=1e-6)
    assert (found.sum(axis=1) > 0).all()
    assert not np.diagonal(found).any()
