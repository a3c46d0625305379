from dataclasses import replace

import numpy as np
import pytest

from components.errors import ArtefactError, InputError
from components.search import index as index_module
from components.search.approximate import ApproximateSearch
from components.search.index import SearchIndex, unit_rows
from components.search.recall import build_index, overlap

ENCODER = "e-0123456789ab"


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(1)
    return unit_rows(rng.normal(size=(1500, 16))).astype(np.float16)


def test_it_refuses_other_encoders_and_senseless_queries(vectors):
    index = SearchIndex(ENCODER, vectors)
    query = np.ones((1, 16), np.float32)
    with pytest.raises(InputError, match="encoder other"):
        index.search(query, 3, encoder_id="other")
    with pytest.raises(InputError, match="at least 1"):
        index.search(query, 0, encoder_id=ENCODER)
    for bad in (0.0, np.nan, np.inf):
        with pytest.raises(InputError, match="no direction"):
            index.search(query * np.float32(bad), 3, encoder_id=ENCODER)


def test_more_than_there_are_gives_all(vectors):
    hits = SearchIndex(ENCODER, vectors[:7]).search(
        np.ones((2, 16), np.float32), 1000, encoder_id=ENCODER
    )
    assert sorted(hits.rows[0].tolist()) == list(range(7))


@pytest.mark.parametrize("exact_below", [10_000, 100])
def test_saved_and_loaded_it_answers_the_same(vectors, tmp_path, exact_below):
    queries = {"image": vectors[:20].astype(np.float32)}
    built = build_index(ENCODER, vectors, queries, exact_below=exact_below, min_recall=0.5)
    assert built.index.method == ("exact" if exact_below > 1500 else "hnsw")
    replace(built.index, facts={"more": 1}).save(tmp_path)
    loaded = SearchIndex.load(tmp_path)
    assert isinstance(loaded.vectors, np.memmap)
    assert loaded.facts["more"] == 1
    query = np.linspace(-1, 1, 16, dtype=np.float32)[None]
    before = built.index.search(query, 9, encoder_id=ENCODER)
    after = loaded.search(query, 9, encoder_id=ENCODER)
    assert before.rows.tolist() == after.rows.tolist()
    assert before.scores.tolist() == after.scores.tolist()


def test_damage_is_told(vectors, tmp_path):
    with pytest.raises(ArtefactError, match="does not exist"):
        SearchIndex.load(tmp_path)
    index = SearchIndex(ENCODER, vectors, ApproximateSearch.build(vectors))
    index.save(tmp_path)
    graph = tmp_path / "graph.faiss"
    graph.write_bytes(graph.read_bytes()[:500])
    with pytest.raises(ArtefactError, match="cannot be read"):
        SearchIndex.load(tmp_path)
    (tmp_path / "vectors.npy").write_bytes(b"x")
    with pytest.raises(ArtefactError, match=r"vectors\.npy"):
        SearchIndex.load(tmp_path)
    np.save(tmp_path / "vectors.npy", vectors[:10])
    with pytest.raises(ArtefactError, match="1500"):
        SearchIndex.load(tmp_path)


def test_a_filter_that_few_pass_is_answered_exactly(vectors, monkeypatch):
    monkeypatch.setattr(index_module, "EXACT_ROWS", 1)
    index = SearchIndex(
        ENCODER,
        vectors,
        ApproximateSearch.build(
            vectors,
        ).with_ef(16),
    )
    rng = np.random.default_rng(2)
    queries = unit_rows(rng.normal(size=(30, 16)))
    for share in (0.01, 0.15, 0.6):
        allowed = rng.random(1500) < share
        hits = index.search(queries, 10, encoder_id=ENCODER, allowed=allowed)
        assert allowed[hits.rows].all()
        truth = SearchIndex(ENCODER, vectors).search(
            queries, 10, encoder_id=ENCODER, allowed=allowed
        )
        assert overlap(hits.rows, truth.rows) > (0.999 if share < 0.2 else 0.9)
