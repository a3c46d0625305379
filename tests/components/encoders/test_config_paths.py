from pathlib import Path

import pytest

from components.encoders.config import ConseConfig, OpenClipConfig, parse_encoder
from components.encoders.config_paths import anchored, named_files, with_files

ALL_THREE = OpenClipConfig(
    model="local-dir:encoder", pretrained="weights/b.pt", image_tower="tower.safetensors"
)


def test_files_are_told_from_names_by_how_they_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ViT-B-32", "openai"):
        Path(name).write_bytes(b"a file that is called like a model or a tag")
    assert named_files(parse_encoder("open_clip:ViT-B-32:openai")) == {}
    assert named_files(parse_encoder("open_clip:ViT-B-32:./mine")) == {"pretrained": "./mine"}
    assert named_files(parse_encoder("open_clip:ViT-B-32:mine.pt")) == {"pretrained": "mine.pt"}
    assert named_files(parse_encoder("open_clip:local-dir:../w")) == {"model": "../w"}
    assert named_files(ConseConfig()) == {}


def test_every_field_that_names_a_file_can_be_renamed():
    named = named_files(ALL_THREE)
    assert named == {
        "model": "encoder",
        "pretrained": "weights/b.pt",
        "image_tower": "tower.safetensors",
    }
    assert with_files(ALL_THREE, named) == ALL_THREE
    moved = with_files(ALL_THREE, {field: f"in/{path}" for field, path in named.items()})
    assert moved == OpenClipConfig(
        model="local-dir:in/encoder",
        pretrained="in/weights/b.pt",
        image_tower="in/tower.safetensors",
    )
    assert with_files(ConseConfig(), {}) == ConseConfig()


def test_anchored_paths_do_not_depend_on_the_current_directory(tmp_path):
    found = named_files(anchored(ALL_THREE, tmp_path))
    root = tmp_path.resolve()
    assert found["model"] == str(root / "encoder")
    assert found["pretrained"] == str(root / "weights/b.pt")
    assert found["image_tower"] == str(root / "tower.safetensors")


@pytest.mark.parametrize(
    "config", [OpenClipConfig(model="ViT-B-32", pretrained="openai"), ConseConfig()]
)
def test_what_names_no_file_stays_as_it_is(config, tmp_path):
    assert anchored(config, tmp_path) == config
