import numpy as np
import pytest

from components.atomic import read_json, write_json
from components.errors import ArtefactError
from components.features.store import FeatureStore


def filled(root, encoder_id="toy-1", regions=True):
    random = np.random.default_rng(0)
    store = FeatureStore(root, encoder_id)
    vectors = random.normal(size=(5, 8)).astype(np.float16)
    maps = random.normal(size=(5, 4, 8)).astype(np.float16)
    for rows in (slice(0, 3), slice(3, 5)):
        hashes = [f"h{row}" for row in range(5)][rows]
        store.append("original", hashes, vectors[rows], maps[rows] if regions else None)
    return store, vectors, maps


def test_vectors_come_back_in_the_order_asked_for(tmp_path):
    store, vectors, maps = filled(tmp_path)
    wanted = [4, 0, 3, 0]
    found = store.load_global("original", [f"h{row}" for row in wanted])
    np.testing.assert_array_equal(found, vectors[wanted].astype(np.float32))
    gathered = np.zeros((4, 4, 8), np.float16)
    for places, regions in store.load_regions("original", [f"h{row}" for row in wanted], chunk=1):
        assert len(regions) == 1
        gathered[places] = regions
    np.testing.assert_array_equal(gathered, maps[wanted])


def test_what_is_missing_is_named(tmp_path):
    store, _, _ = filled(tmp_path)
    with pytest.raises(ArtefactError, match=r"1 of 2 images have no vectors.*efuda run embed"):
        store.load_global("original", ["h0", "stranger"])
    with pytest.raises(ArtefactError, match="no vectors"):
        store.load_global("flip", ["h0"])


def test_a_shard_without_its_description_does_not_exist(tmp_path):
    store, _, _ = filled(tmp_path)
    next((store.directory / "original").glob("*.json")).unlink()
    assert len(store.hashes("original")) in (2, 3)


def test_vectors_of_another_encoder_are_refused(tmp_path):
    store, _, _ = filled(tmp_path)
    path = next((store.directory / "original").glob("*.json"))
    write_json(path, {**read_json(path), "encoder_id": "toy-2"})
    with pytest.raises(ArtefactError, match="encoder toy-2"):
        store.hashes("original")
    assert FeatureStore(tmp_path, "toy-3").hashes("original") == set()


def test_region_vectors_that_were_not_kept_are_asked_for(tmp_path):
    store, _, _ = filled(tmp_path, regions=False)
    with pytest.raises(ArtefactError, match=r"embed\.regions"):
        next(store.load_regions("original", ["h0"]))
