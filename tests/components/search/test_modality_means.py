import numpy as np
import pytest

from components.errors import InputError
from components.search.index import SearchIndex, unit_rows
from components.search.modality_means import ModalityMeans, SketchSearch


def test_sketches_are_compared_without_what_they_share(tmp_path):
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(5, 12)).astype(np.float32)
    offset = 3 * rng.normal(size=(2, 12))
    photos = unit_rows(kinds.repeat(20, axis=0) + offset[0] + 0.1 * rng.normal(size=(100, 12)))
    sketches = unit_rows(kinds + offset[1])
    means = ModalityMeans(photos.mean(axis=0), sketches.mean(axis=0), "sketches")
    index = SearchIndex("e", photos.astype(np.float16))
    raw = index.search(sketches, 1, encoder_id="e").rows[:, 0] // 20
    found = SketchSearch(index, means).search(sketches, 1, encoder_id="e").rows[:, 0] // 20
    assert found.tolist() == [0, 1, 2, 3, 4]
    assert raw.tolist() != [0, 1, 2, 3, 4]
    with pytest.raises(InputError):
        SketchSearch(index, means).search(sketches, 1, encoder_id="other")
    means.save(tmp_path)
    assert ModalityMeans.load(tmp_path).sketch_source == "sketches"
    same = means.without_own(means.sketch[None])
    assert np.linalg.norm(same) == pytest.approx(1, abs=1e-5)
