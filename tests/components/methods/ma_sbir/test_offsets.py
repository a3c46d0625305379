import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.ma_sbir.offsets import Offsets, class_balanced_mean
from components.methods.ma_sbir.query_expansion import unit

EMBED = 6


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_balanced_mean_counts_classes_alike_and_their_order_does_not_matter():
    z, classes = drawn(0, 9, EMBED), np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])
    shown = classes[:, None] == np.arange(4)
    expected = (z[:6].mean(0) + z[6:8].mean(0) + z[8]) / 3
    np.testing.assert_allclose(class_balanced_mean(z, shown), expected)
    np.testing.assert_allclose(class_balanced_mean(z, shown[:, ::-1]), expected)


seeds = st.integers(0, 9999)


@given(seed=seeds, origin=st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_origin_moves_queries_and_gallery_alike(seed, origin):
    offsets, z = Offsets(*drawn(seed, 2, EMBED)), drawn(seed + 1, EMBED)
    near, far = offsets.from_origin(origin, 1.0), offsets.from_origin(0.0, 1.0)
    np.testing.assert_allclose(
        z - near.sketch - (z - far.sketch), -origin * offsets.photo, atol=1e-9
    )
    np.testing.assert_allclose(near.photo - far.photo, origin * offsets.photo)


def test_no_origin_is_the_published_query_and_no_gap_is_the_raw_one():
    m, z = Offsets(*drawn(0, 2, EMBED)), drawn(1, 4, EMBED)
    published = m.from_origin(0.0, 1.0)
    np.testing.assert_allclose(published.queries(z), unit(z - m.sketch + m.photo), atol=1e-12)
    raw = m.from_origin(0.0, 0.0)
    np.testing.assert_allclose(raw.queries(z), unit(z))
    np.testing.assert_allclose(raw.gallery(z), unit(z))


def test_one_vector_for_both_modalities_converts_nothing():
    m, z = drawn(0, EMBED), drawn(1, 4, EMBED)
    np.testing.assert_allclose(Offsets(m, m).from_origin(0.0, 1.0).queries(z), unit(z))
