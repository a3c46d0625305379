import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.region_discriminant import discriminant as module
from components.methods.region_discriminant.discriminant import (
    fitted_discriminant,
    kept_by_first_fit,
)


def drawn(seed, *, rows, names, embed=4):
    random = np.random.default_rng(seed)
    label = np.sort(random.integers(names, size=rows))
    centre = 2 * random.normal(size=(names, embed))
    return (centre[label] + random.normal(size=(rows, embed))).astype(np.float32), label


def reference(vectors, label, num_labels):
    """The docstring's formula, a vector at a time."""
    exact, rows, embed = vectors.astype(np.float64), *vectors.shape
    present = sorted(set(label.tolist()))
    mean = {k: exact[label == k].mean(axis=0) for k in present}
    scatter = np.zeros((embed, embed))
    for vector, k in zip(exact, label.tolist(), strict=True):
        scatter += np.outer(vector - mean[k], vector - mean[k])
    covariance = (scatter + np.trace(scatter) / (rows - 1) * np.eye(embed)) / (rows - 1 + embed)
    inverse = np.linalg.inv(covariance)
    weight, bias = np.zeros((num_labels, embed)), np.zeros(num_labels)
    for k in present:
        weight[k], bias[k] = inverse @ mean[k], -0.5 * mean[k] @ inverse @ mean[k]
    weight[present] -= weight[present].mean(axis=0)
    bias[present] -= bias[present].mean()
    return weight, bias


@given(seed=st.integers(0, 10_000), rows=st.integers(6, 60), names=st.integers(2, 5))
@settings(max_examples=40, deadline=None)
def test_it_is_the_formula(seed, rows, names):
    vectors, label = drawn(seed, rows=rows, names=names)
    if all((label == k).sum() <= 1 for k in range(names)):
        return
    found = fitted_discriminant(vectors, label, names + 1)
    weight, bias = reference(vectors, label, names + 1)
    scale = np.abs(weight).max()
    np.testing.assert_allclose(found.weight, weight, atol=1e-4 * scale)
    np.testing.assert_allclose(found.bias, bias, atol=1e-4 * max(np.abs(bias).max(), 1))
    assert found.fitted.tolist() == [k in label for k in range(names + 1)]


def test_the_shrinkage_is_its_share_of_the_mean_variance():
    vectors, label = drawn(0, rows=30, names=3)
    found = fitted_discriminant(vectors, label, 3)
    apart = vectors - np.stack([vectors[label == k].mean(axis=0) for k in range(3)])[label]
    covariance = apart.T @ apart / 29
    share = 4 / (29 + 4)
    shrunk = (1 - share) * covariance + share * np.trace(covariance) / 4 * np.eye(4)
    mean = np.stack([vectors[label == k].mean(axis=0) for k in range(3)])
    weight = mean @ np.linalg.inv(shrunk)
    np.testing.assert_allclose(found.weight, weight - weight.mean(axis=0), rtol=1e-3, atol=1e-4)


def test_names_that_lie_apart_are_told_apart_and_others_never_taken():
    vectors, label = drawn(1, rows=200, names=3)
    scores = fitted_discriminant(vectors * 3, label, 4).scores(vectors * 3)
    assert (scores.argmax(axis=1) == label).mean() > 0.9
    assert np.isneginf(scores[:, 3]).all()


def test_one_vector_a_name_and_copies_leave_the_means():
    vectors = np.eye(3, dtype=np.float32)
    found = fitted_discriminant(vectors, np.arange(3), 3)
    np.testing.assert_allclose(found.weight, vectors - 1 / 3, atol=1e-6)
    copies = fitted_discriminant(np.repeat(vectors, 4, axis=0), np.repeat(np.arange(3), 4), 3)
    np.testing.assert_allclose(copies.weight, vectors - 1 / 3, atol=1e-6)


@given(seed=st.integers(0, 10_000), rows=st.integers(4, 40), at_once=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_the_second_fit_gets_the_surest_of_each_name(seed, rows, at_once):
    vectors, label = drawn(seed, rows=rows, names=3)
    first = fitted_discriminant(vectors, label, 3)
    with_parts = module._AT_ONCE
    module._AT_ONCE = at_once
    try:
        kept, names = kept_by_first_fit(vectors, label, first)
    finally:
        module._AT_ONCE = with_parts
    scores = first.scores(vectors)
    best, score = scores.argmax(axis=1), scores.max(axis=1)
    assert set(names.tolist()) == set(label.tolist())
    for name in set(label.tolist()):
        own = set(kept[names == name].tolist())
        there = np.flatnonzero(best == name)
        if not len(there):
            assert own == set(np.flatnonzero(label == name).tolist())
            continue
        # Chunks round differently, so cells on the border may go either way.
        border = score[there].mean() + score[there].std()
        sure = set(there[score[there] > border + 1e-3].tolist())
        assert sure <= own
        if sure:
            assert own <= set(there[score[there] > border - 1e-3].tolist())
