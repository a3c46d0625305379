"""The world of real CLIP vectors."""

from pathlib import Path

import pytest

from bench.cell import cell_key, measure_cell
from bench.proposals.world import proposal_world
from bench.rows import Cell
from bench.world import Skipped, open_world
from examples.worlds.catalog import make_world, real_data
from examples.worlds.clip_vectors import files_of, fingerprint, load_world


@pytest.fixture(scope="module")
def world():
    if not (real_data() / "clip_vitb16").is_dir():
        pytest.skip(f"no CLIP vectors at {real_data()}; set EFUDA_REAL_DATA")
    return load_world(real_data())


def test_missing_data_are_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EFUDA_REAL_DATA", str(tmp_path))
    for missing in ("not at", "coco250_image_caption.npy is missing"):
        found = make_world("clip_vitb16", tmp_path / "out")
        assert isinstance(found, Skipped)
        assert "EFUDA_REAL_DATA" in found.reason
        assert missing in found.reason
        (tmp_path / "clip_vitb16").mkdir(exist_ok=True)


def test_real_clip_vectors_make_a_world(tmp_path: Path) -> None:
    root = real_data()
    if not all(path.is_file() for path in files_of(root)):
        pytest.skip(f"no CLIP vectors at {root}; set EFUDA_REAL_DATA")
    folder = make_world("clip_vitb16", tmp_path)
    assert isinstance(folder, Path)
    found = proposal_world(open_world(folder))
    assert found.num_other_images == load_world(root).num_other_images
    assert open_world(folder).made_of == fingerprint(root)
    cell = Cell(world="clip_vitb16", protocol="proposals", method="softmax", seed=0)
    world = open_world(folder)
    row = measure_cell(cell, world, key=cell_key(cell, world, "code"), code="code").row
    assert row.metrics["precision"] == pytest.approx(0.857, abs=1e-3)
    assert row.metrics["recall"] == pytest.approx(0.175, abs=1e-3)


def test_label_sets_of_measured_images_are_left_out_of_the_statistics(world):
    assert world.truth.shape == (250, 80)
    assert world.num_other_images == 40137 - 247
    assert world.statistics.known[0] == world.num_other_images
