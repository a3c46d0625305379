import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from components.bundle import load_bundle, write_bundle
from components.encoders.config import ConseConfig, OpenClipConfig
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
        "encoder_config": ConseConfig(),
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
    write(root, encoder_config=replace(OpenClipConfig(model="ViT"), **{key: f"{prefix}{source}"}))
    moved = (root / "again").rename(root / "elsewhere")
    (weights / "open_clip_model.safetensors").unlink()
    named = getattr(load_bundle(moved).encoder_config, key)
    assert named.startswith(f"{prefix}{moved}")
    assert Path(named.removeprefix(prefix)).exists()


def test_a_model_called_like_a_file_stays_a_name(root, monkeypatch):
    monkeypatch.chdir(root)
    for name in ("ViT-B-32", "openai"):
        Path(name).write_bytes(b"nothing to do with the encoder")
    config = OpenClipConfig(model="ViT-B-32", pretrained="openai")
    write(root, encoder_config=config)
    assert load_bundle(root / "again").encoder_config == config
    assert not (root / "again" / "encoder").exists()


def test_files_of_one_name_do_not_overwrite_each_other(root):
    for folder in ("whole", "tower"):
        (root / folder).mkdir()
        (root / folder / "weights.safetensors").write_text(folder)
    config = OpenClipConfig(
        model="ViT-B-32",
        pretrained=str(root / "whole" / "weights.safetensors"),
        image_tower=str(root / "tower" / "weights.safetensors"),
    )
    write(root, encoder_config=config)
    inside = load_bundle(root / "again").encoder_config
    assert isinstance(inside, OpenClipConfig)
    assert Path(inside.pretrained or "").read_text() == "whole"
    assert Path(inside.image_tower or "").read_text() == "tower"


def test_weights_that_are_gone_are_told(root):
    config = OpenClipConfig(model="ViT-B-32", pretrained=str(root / "gone.pt"))
    with pytest.raises(ArtefactError, match=r"encoder\.pretrained.*gone\.pt"):
        write(root, encoder_config=config)
    assert not (root / "again").exists()


def test_a_bundle_of_the_layout_before_still_opens(root):
    """Files used to lie in ``encoder`` itself."""
    (root / "weights.pt").write_bytes(b"weights")
    write(
        root, encoder_config=OpenClipConfig(model="ViT-B-32", pretrained=str(root / "weights.pt"))
    )
    old = root / "again"
    (old / "encoder" / "pretrained" / "weights.pt").rename(old / "encoder" / "weights.pt")
    text = (old / "bundle.json").read_text()
    (old / "bundle.json").write_text(text.replace("encoder/pretrained/", "encoder/"))
    inside = load_bundle(old).encoder_config
    assert isinstance(inside, OpenClipConfig)
    assert inside.pretrained == str((old / "encoder" / "weights.pt").resolve())


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
