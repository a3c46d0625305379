import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from components.bundle import load_bundle, write_bundle
from components.errors import ArtefactError
from components.labels.vocabulary import Vocabulary
from components.models.tagger import Tagger
from tests.serving.tiny_bundle import COLOURS, tiny_bundle


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tiny_bundle(tmp_path)
    return tmp_path


def write(root: Path, **changes) -> str:
    parts = {
        "encoder_config": {"kind": "conse", "image_size_px": 288},
        "tagger_dir": root / "tagger",
        "calibration_path": root / "calibration.json",
        "index_dir": root / "index",
        "vocabulary_path": root / "vocabulary.json",
        "templates": ["a {name}"],
        "name": "again",
    }
    return write_bundle(root / "again", **{**parts, **changes})


def test_equal_parts_make_equal_versions(root):
    first = write(root)
    assert write(root) == first
    assert write(root, templates=["the {name}"]) != first
    bundle = load_bundle(root / "again")
    assert bundle.vocabulary.names == tuple(COLOURS)
    assert bundle.templates == ("the {name}",)
    assert len(bundle.index) == len(bundle.gallery) == 24


@pytest.mark.parametrize("prefix", ["", "local-dir:"])
def test_a_local_checkpoint_travels_along(root, prefix):
    weights = root / "weights"
    weights.mkdir()
    save_file({"w": np.ones(3, np.float32)}, weights / "open_clip_model.safetensors")
    source = weights if prefix else weights / "open_clip_model.safetensors"
    key = "model" if prefix else "pretrained"
    config = {"kind": "open_clip", "model": "ViT", "pretrained": None, key: f"{prefix}{source}"}
    write(root, encoder_config=config)
    moved = (root / "again").rename(root / "elsewhere")
    (weights / "open_clip_model.safetensors").unlink()
    named = getattr(load_bundle(moved).encoder_config, key)
    assert named.startswith(f"{prefix}{moved}")
    assert Path(named.removeprefix(prefix)).exists()


def test_parts_of_different_encoders_are_refused(root):
    tagger = Tagger.load(root / "tagger")
    replace(tagger, encoder_id="other-1").save(root / "tagger")
    with pytest.raises(ArtefactError, match="other-1"):
        write(root)


def test_parts_of_different_labels_are_refused(root):
    Vocabulary(("a", "b")).save(root / "vocabulary.json")
    with pytest.raises(ArtefactError, match="labels"):
        write(root)


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("tagger/head.safetensors", "missing", "missing"),
        ("calibration.json", "longer", "bytes"),
        ("index/gallery.parquet", "changed", "changed"),
        ("bundle.json", "missing", "does not exist"),
        ("bundle.json", "changed", "bundle.json"),
    ],
)
def test_damage_is_told(root, file, damage, message):
    path = root / "bundle" / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"\0" * len(content) + (b"x" if damage == "longer" else b""))
    with pytest.raises(ArtefactError, match=message):
        load_bundle(root / "bundle")


def test_another_schema_is_refused(root):
    path = root / "bundle" / "bundle.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(ArtefactError, match="99"):
        load_bundle(root / "bundle")
