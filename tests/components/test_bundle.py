import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from components import bundle_files
from components.bundle import _version_of, load_bundle, write_bundle
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


def redescribe(directory: Path, change: Callable[[str], str]) -> None:
    """Change bundle.json and give it the version that it then has."""
    path = directory / "bundle.json"
    description = json.loads(change(path.read_text()))
    del description["version"]
    path.write_text(json.dumps({**description, "version": _version_of(description)}))


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
    redescribe(old, lambda text: text.replace("encoder/pretrained/", "encoder/"))
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
    redescribe(
        root / "bundle", lambda text: text.replace('"schema_version": 1', '"schema_version": 99')
    )
    with pytest.raises(ArtefactError, match="99"):
        load_bundle(root / "bundle")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a photo of a {name}", "a drawing of a {name}"),
        ('"seed": 0', '"seed": 1'),
        ('"name": "tiny"', '"name": "other"'),
    ],
)
def test_an_edited_description_is_refused(root, old, new):
    """Its files are as they were; what is edited stands in the description alone."""
    path = root / "bundle" / "bundle.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ArtefactError, match=r"bundle\.json was changed after it was written"):
        load_bundle(root / "bundle")


def test_an_edited_threshold_or_weight_is_refused_though_its_size_is_kept(root):
    for name, old, new in (
        ("calibration.json", b"0.5", b"0.1"),
        ("tagger/head.safetensors", b"\xc1", b"\xc2"),
    ):
        path = root / "bundle" / name
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new))
        with pytest.raises(ArtefactError, match="changed after"):
            load_bundle(root / "bundle")
        path.write_bytes(content)
    load_bundle(root / "bundle")


@pytest.mark.parametrize("name", ["../stolen.json", "index/../../stolen.json", "/etc/hostname"])
def test_file_names_that_lead_out_are_refused(root, name):
    (root / "stolen.json").write_text("{}")
    entry = f'"files": {{"{name}": {{"bytes": 2, "blake3": "x"}}, '
    redescribe(root / "bundle", lambda text: text.replace('"files": {', entry))
    with pytest.raises(ArtefactError, match="lies outside"):
        load_bundle(root / "bundle")


def test_a_link_that_leads_out_is_refused_though_the_content_is_the_same(root):
    path = root / "bundle" / "calibration.json"
    path.rename(root / "elsewhere.json")
    path.symlink_to(root / "elsewhere.json")
    with pytest.raises(ArtefactError, match="lies outside"):
        load_bundle(root / "bundle")


def test_an_encoder_outside_is_refused(root):
    (root / "weights.pt").write_bytes(b"weights")
    write(
        root, encoder_config=OpenClipConfig(model="ViT-B-32", pretrained=str(root / "weights.pt"))
    )
    inside, outside = (
        '"pretrained": "encoder/pretrained/weights.pt"',
        '"pretrained": "../weights.pt"',
    )
    redescribe(root / "again", lambda text: text.replace(inside, outside))
    with pytest.raises(ArtefactError, match=r"encoder\.pretrained from \.\./weights\.pt"):
        load_bundle(root / "again")


def test_a_file_put_there_later_is_refused_but_notes_of_the_system_are_not(root):
    (root / "bundle" / "README.md").write_text("the card")
    (root / "bundle" / ".DS_Store").write_text("a file manager was here")
    load_bundle(root / "bundle")
    (root / "bundle" / "tagger" / "image_tower.safetensors").write_bytes(b"another encoder")
    with pytest.raises(ArtefactError, match="no part of the bundle"):
        load_bundle(root / "bundle")


def test_large_files_are_read_once_and_again_when_they_changed(root, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(bundle_files, "REMEMBERED_FROM_BYTES", 1)
    read: list[str] = []

    def counted(path: Path) -> str:
        read.append(path.name)
        return hash_of(path)

    hash_of = bundle_files.hash_of
    monkeypatch.setattr(bundle_files, "hash_of", counted)
    load_bundle(root / "bundle")
    assert "head.safetensors" in read
    read.clear()
    load_bundle(root / "bundle")
    assert read == []
    head = root / "bundle" / "tagger" / "head.safetensors"
    then, content = head.stat(), head.read_bytes()
    head.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(head, ns=(then.st_atime_ns, then.st_mtime_ns))
    with pytest.raises(ArtefactError, match=r"head\.safetensors was changed"):
        load_bundle(root / "bundle")
    assert read == ["head.safetensors"]


def test_small_files_are_read_each_time_whatever_is_remembered(root, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(bundle_files, "REMEMBERED_FROM_BYTES", 1)
    load_bundle(root / "bundle")
    monkeypatch.setattr(bundle_files, "REMEMBERED_FROM_BYTES", 64 << 20)
    monkeypatch.setattr(bundle_files, "hash_of", lambda path: "other")
    with pytest.raises(ArtefactError, match="was changed"):
        load_bundle(root / "bundle")


def test_what_others_could_have_written_is_not_remembered(root, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(bundle_files, "REMEMBERED_FROM_BYTES", 1)
    load_bundle(root / "bundle")
    (tmp_path / "cache" / "efuda" / "hashes.json").chmod(0o666)
    monkeypatch.setattr(bundle_files, "hash_of", lambda path: "other")
    with pytest.raises(ArtefactError, match="was changed"):
        load_bundle(root / "bundle")
