import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from components.encoders.config_paths import named_files
from components.errors import InputError
from efuda.new_project.options import from_project
from project.graph import stage_files
from project.settings import load_settings, params_yaml
from tests.efuda.called import call


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given") / "my photos"
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        Image.new("RGB", (32, 32), "red").save(folder / name / "1.png")
    return folder


def init(project: Path, photos: Path, *more: str) -> int:
    return call("init", project, "--source", "folder", "--images", photos, *more)


@pytest.fixture(scope="module")
def project(photos: Path) -> Path:
    made = photos.parent / "project"
    assert init(made, photos, "--hide", "partial:0.3") == 0
    return made


def test_it_writes_settings_graph_and_repository_and_nothing_else(project):
    files = {path.name for path in project.iterdir()}
    made = {".dvc", ".dvcignore", ".git", ".gitignore", "dvc.yaml", "params.yaml", "reviewed"}
    assert files == made
    settings = load_settings(project / "params.yaml")
    assert settings.project.name == "project"
    assert settings.source.images == "../my photos"
    assert settings.hide is not None
    assert settings.hide.protocol == "partial:0.3"
    assert settings.encoder.kind == "conse"


def test_the_settings_file_gives_the_settings_back_with_every_key(project):
    settings = load_settings(project / "params.yaml")
    text = params_yaml(settings)
    assert (project / "params.yaml").read_text(encoding="utf-8") == text
    assert set(yaml.safe_load(text)) == set(type(settings).model_fields)


def test_dvc_reads_the_graph_and_sends_nothing_to_anyone(project):
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "stage", "list", "--name-only"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
    )
    stages = stage_files(load_settings(project / "params.yaml"))
    assert done.stdout.split() == [stage.name for stage in stages]
    config = (project / ".dvc" / "config").read_text(encoding="utf-8")
    assert "analytics = false" in config
    assert "check_update = false" in config


def test_inside_a_git_repository_no_second_one_is_made(tmp_path, photos):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert init(tmp_path / "inner", photos) == 0
    assert not (tmp_path / "inner" / ".git").exists()
    assert (tmp_path / "inner" / ".dvc").is_dir()


def test_json_tells_what_was_made(tmp_path, photos, capsys):
    assert init(tmp_path / "named", photos, "--name", "my-pictures", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "my-pictures"


def test_a_directory_that_is_not_empty_stays_as_it_was(tmp_path, photos):
    used = tmp_path / "used"
    used.mkdir()
    (used / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match=r"not empty \(thesis.txt\)"):
        init(used, photos)
    assert [path.name for path in used.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="is a file"):
        init(used / "thesis.txt", photos)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "folder", "--images", "nowhere"], "--images must be a folder"),
        (["--source", "coco", "--images", "."], "needs --annotations"),
        (["--source", "coco", "--images", ".", "--annotations", "no.json"], "do not exist"),
        (["--source", "folder", "--images", ".", "--encoder", "clip"], "no known form"),
        (["--source", "folder", "--images", ".", "--encoder", "open_clip:local-dir:no"], "no"),
        (["--source", "folder", "--images", ".", "--hide", "some"], "hide.protocol"),
        (["--source", "folder", "--images", ".", "--name", "a b"], "project.name"),
    ],
)
def test_what_cannot_be_used_is_named_before_anything_is_written(
    arguments, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        call("init", "project", *arguments)
    assert not (tmp_path / "project").exists()


def test_a_folder_without_weights_is_refused_and_one_with_them_is_named_from_the_project(
    tmp_path, photos
):
    weights = tmp_path / "weights"
    weights.mkdir()
    described = {"model_cfg": {"vision_cfg": {}, "text_cfg": {}}}
    (weights / "open_clip_config.json").write_text(json.dumps(described), encoding="utf-8")
    encoder = f"open_clip:local-dir:{weights}"
    with pytest.raises(InputError, match=r"no weights"):
        init(tmp_path / "project", photos, "--encoder", encoder)
    (weights / "open_clip_model.safetensors").write_bytes(b"stands for weights")
    assert init(tmp_path / "project", photos, "--encoder", encoder) == 0
    settings = load_settings(tmp_path / "project" / "params.yaml")
    assert named_files(settings.encoder) == {"model": "../weights"}


def test_neighbours_are_named_relatively_and_strangers_absolutely(tmp_path):
    assert from_project(tmp_path / "images", tmp_path / "project") == "../images"
    assert from_project(tmp_path / "project" / "images", tmp_path / "project") == "images"
    assert from_project(Path("/elsewhere"), tmp_path / "project") == "/elsewhere"
