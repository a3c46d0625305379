import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.methods.region_discriminant import certain_regions as module
from components.methods.region_discriminant.certain_regions import certain_regions
from components.training.task import Names
from tests.components.methods.untrained import drawn_task


def reference(regions, rows, names, most):
    """Every region of every image, sorted by name and doubt, in double precision."""
    candidates = []
    for image in rows:
        for region in range(regions.shape[1]):
            vector = regions[image, region].astype(np.float64)
            cosines = names.vectors.astype(np.float64) @ vector
            shares = np.exp((cosines - cosines.max()) / names.temperature)
            shares /= shares.sum()
            doubt = -float(sum(p * np.log(p) for p in shares if p > 0))
            candidates.append((int(cosines.argmax()), doubt, image, region))
    chosen = []
    for name in range(len(names.vectors)):
        own = sorted(each for each in candidates if each[0] == name)
        chosen += [(name, image, region) for _, _, image, region in own[:most]]
    return chosen


@given(
    seed=st.integers(0, 10_000),
    images=st.integers(1, 12),
    names=st.integers(2, 5),
    most=st.integers(1, 6),
    step=st.integers(1, 5),
)
@settings(max_examples=40, deadline=None)
def test_they_are_those_of_a_full_sort_however_many_are_read_at_once(
    seed, images, names, most, step
):
    task = drawn_task(seed, images=images, names=names)
    rows = np.arange(images)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "rows_at_once", lambda *_: step)
        found = certain_regions(task.regions[0], rows, task.names, most)
    expected = reference(task.regions[0], rows, task.names, most)
    got = {(k, v.tobytes()) for k, v in zip(found.label.tolist(), found.vectors, strict=True)}
    assert got == {(k, np.asarray(task.regions[0])[i, r].tobytes()) for k, i, r in expected}
    assert len(found.label) == len(expected)


def test_equal_doubts_are_taken_in_the_order_of_the_images():
    regions = np.repeat(np.eye(3, dtype=np.float32)[None, :1], 5, axis=0)
    names = Names(vectors=np.eye(3, dtype=np.float32), temperature=0.1)
    found = certain_regions(regions, np.arange(5), names, 2)
    assert found.label.tolist() == [0, 0]


def test_with_very_many_names_fewer_are_kept_of_each(monkeypatch):
    monkeypatch.setattr(module, "MOST_ALTOGETHER", 6)
    task = drawn_task(0, images=40, names=3)
    found = certain_regions(task.regions[0], np.arange(40), task.names, 512)
    assert np.bincount(found.label).max() == 2


def test_without_images_there_are_none():
    task = drawn_task(0, images=0, names=3)
    found = certain_regions(task.regions[0], np.arange(0), task.names, 512)
    assert found.vectors.shape == (0, 5)
