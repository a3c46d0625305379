import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.ma_sbir.query_expansion import QueryExpansion, expand_queries, unit

EMBED = 6
seeds = st.integers(0, 9999)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def slow_expand(query, gallery, expansion):
    for _ in range(expansion.num_steps):
        best = sorted(range(len(gallery)), key=lambda g: -(query @ gallery[g]))
        pull = sum(
            max(0.0, query @ gallery[g]) * gallery[g] for g in best[: expansion.num_neighbours]
        )
        length = np.linalg.norm(pull)
        query = query + expansion.strength * (pull / length if length > 0 else pull)
        query = query / np.linalg.norm(query)
    return query


@given(seed=seeds, k=st.integers(1, 9), steps=st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_expansion_equals_the_slow_reference_and_queries_do_not_meet(seed, k, steps):
    queries, gallery = unit(drawn(seed, 3, EMBED)), unit(drawn(seed + 1, 7, EMBED))
    expansion = QueryExpansion(num_neighbours=k, strength=2.0, num_steps=steps)
    moved = expand_queries(queries, gallery, expansion)
    for query, result in zip(queries, moved, strict=True):
        np.testing.assert_allclose(result, slow_expand(query, gallery, expansion), atol=1e-9)
    np.testing.assert_allclose(
        expand_queries(queries[:1], gallery, expansion), moved[:1], atol=1e-12
    )


def test_without_a_gallery_queries_stay():
    queries = unit(drawn(0, 2, EMBED))
    assert (
        expand_queries(
            queries,
            np.empty((0, EMBED)),
            QueryExpansion(num_neighbours=3, strength=1.0, num_steps=1),
        )
        is queries
    )


def test_a_row_of_zeros_stays_zero():
    assert not unit(np.zeros((1, EMBED))).any()


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="Neighbours"):
        QueryExpansion(num_neighbours=0, strength=1.0, num_steps=1)
