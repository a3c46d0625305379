import copy

import numpy as np
import pytest

from components.errors import ArtefactError
from components.features.region_rows import RegionRows, has_regions
from components.features.store import FeatureStore

HASHES = [f"h{row}" for row in range(7)]


def filled(root, *, without=()):
    """A store of two shards; those in ``without`` hold no regions."""
    random = np.random.default_rng(0)
    store = FeatureStore(root, "toy-1")
    for number, rows in enumerate((slice(0, 3), slice(3, 7))):
        hashes = HASHES[rows]
        regions = None if number in without else random.normal(size=(len(hashes), 4, 8))
        store.append("original", hashes, random.normal(size=(len(hashes), 8)), regions)
    return store


def loaded(store, hashes):
    gathered = np.zeros((len(hashes), 4, 8), np.float16)
    for places, regions in store.load_regions("original", hashes):
        gathered[places] = regions
    return gathered


def test_rows_in_any_order_are_those_of_the_store(tmp_path):
    store = filled(tmp_path)
    hashes = [HASHES[row] for row in (5, 0, 6, 2, 3, 0)]
    rows, expected = RegionRows(store, "original", hashes), loaded(store, hashes)
    assert expected.any(axis=(1, 2)).all()
    assert rows.shape == expected.shape
    for order in ([0, 1, 2, 3, 4, 5], [4, 1, 1, 3], [2], []):
        places = np.array(order, np.int64)
        np.testing.assert_array_equal(rows[places], expected[places])


def test_another_process_opens_the_files_itself(tmp_path):
    rows = RegionRows(filled(tmp_path), "original", HASHES)
    everything = np.arange(len(HASHES))
    expected = rows[everything]
    assert rows.__getstate__()["_files"] is None
    again = copy.deepcopy(rows)
    np.testing.assert_array_equal(again[everything], expected)
    np.testing.assert_array_equal(rows[everything], expected)


def test_a_store_without_regions_asks_for_them(tmp_path):
    store = filled(tmp_path, without=(1,))
    assert not has_regions(store, "original")
    assert has_regions(filled(tmp_path / "full"), "original")
    assert not has_regions(store, "flip")
    RegionRows(store, "original", HASHES[:3])
    with pytest.raises(ArtefactError, match=r"embed\.regions"):
        RegionRows(store, "original", HASHES)


def test_images_that_were_never_embedded_are_named(tmp_path):
    with pytest.raises(ArtefactError, match="1 of 2 images have no vectors"):
        RegionRows(filled(tmp_path), "original", ["h0", "stranger"])
