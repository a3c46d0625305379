import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.search import exact
from components.search.exact import ExactSearch
from components.search.index import unit_rows


def obvious(vectors, query, k, allowed=None, centre=None):
    """Sort every allowed row by its cosine in double precision, ties by row."""
    rows = vectors.astype(np.float64)
    if centre is not None:
        rows = rows - centre
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    scores = (rows * query).sum(axis=1)
    usable = [row for row in range(len(rows)) if allowed is None or allowed[row]]
    return sorted(usable, key=lambda row: (-scores[row], row))[:k]


def cloud(seed, num, dim=8, repeats=True):
    rng = np.random.default_rng(seed)
    vectors = unit_rows(rng.normal(size=(num, dim)) + 1).astype(np.float16)
    if repeats and num > 2:  # equal pictures have equal vectors
        vectors[rng.integers(num, size=num // 2)] = vectors[0]
    return vectors, unit_rows(rng.normal(size=(3, dim)) + 1)


@given(
    seed=st.integers(0, 10_000),
    num=st.integers(1, 60),
    k=st.integers(1, 80),
    share=st.sampled_from([None, 0.0, 0.1, 0.9]),
    centred=st.booleans(),
)
def test_it_equals_sorting_everything(seed, num, k, share, centred):
    vectors, queries = cloud(seed, num)
    centre = vectors.mean(axis=0) + np.float32(0.01) if centred else None
    rng = np.random.default_rng(seed)
    allowed = None if share is None else rng.random(num) < share
    hits = ExactSearch(vectors, centre).search(queries, k, allowed)
    for query, rows in zip(queries, hits.rows, strict=True):
        assert rows.tolist() == obvious(vectors, query, k, allowed, centre)
    assert (np.diff(hits.scores, axis=1) <= 0).all()


@pytest.mark.parametrize("k", [1, 10, 300])
def test_a_shortlist_in_half_precision_loses_nothing(monkeypatch, k):
    monkeypatch.setattr(exact, "BFLOAT16_ABOVE", 1)
    monkeypatch.setattr(exact, "_computes_bfloat16", lambda: True)
    # A narrow cone: neighbours differ by less than bfloat16 can tell.
    rng = np.random.default_rng(5)
    vectors = unit_rows(rng.normal(size=(2000, 32)) * 0.05 + 1).astype(np.float16)
    queries = unit_rows(vectors[:4].astype(np.float32) + rng.normal(size=(4, 32)) * 0.01)
    hits = ExactSearch(vectors).search(queries, k)
    for query, rows in zip(queries, hits.rows, strict=True):
        assert rows.tolist() == obvious(vectors, query, k)


def test_a_row_at_the_centre_is_like_nothing():
    vectors = np.eye(2, dtype=np.float16)
    queries = np.array([[-0.6, 0.8]], np.float32)
    hits = ExactSearch(vectors, np.array([1, 0], np.float32)).search(queries, 2)
    assert hits.rows.tolist() == [[1, 0]]
    assert hits.scores[0, 1] == 0
