"""`efuda init` from photographs and the names of labels."""

from pathlib import Path

import pytest
from PIL import Image

from components.errors import InputError
from project.settings import load_settings
from tests.efuda.called import call


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "holiday").mkdir(parents=True)
    for name in ("1.png", "holiday/2.png"):
        Image.new("RGB", (32, 32), "red").save(folder / name)
    return folder


def test_names_alone_make_a_project(photos, capsys):
    project = photos.parent / "birds"
    assert call("init", project, "--images", photos, "--names", "dog,cat,dog") == 0
    settings = load_settings(project / "params.yaml")
    assert settings.source.kind == "images"
    assert settings.source.vocabulary == ("dog", "cat")
    told = capsys.readouterr().out
    assert "No label is known" in told
    assert "used once: 'dog'" in told


def test_sketches_name_the_labels_too(photos):
    project = photos.parent / "birds"
    (photos.parent / "drawn" / "owl").mkdir(parents=True)
    assert call("init", project, "--images", photos, "--sketches", photos.parent / "drawn") == 0
    source = load_settings(project / "params.yaml").source
    assert (source.kind, source.vocabulary, source.sketches) == ("images", None, "../drawn")


def test_names_choose_among_the_labels_of_a_source(photos):
    project = photos.parent / "birds"
    given = ("--source", "folder", "--names", "holiday")
    assert call("init", project, "--images", photos, *given) == 0
    assert load_settings(project / "params.yaml").source.vocabulary == ("holiday",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r'(?s)--names "dog,cat,bird".*--captions FILE.*--source folder.*--sketches'),
        (["--source", "images"], "--names"),
        (["--annotations", "labels.csv"], "Name the format of labels.csv"),
        (["--names", "dog", "--hide", "few:0.1"], "none is known"),
    ],
)
def test_what_is_missing_is_said_with_the_choices(arguments, message, photos):
    project = photos.parent / "birds"
    with pytest.raises(InputError, match=message):
        call("init", project, "--images", photos, *arguments)
    assert not project.exists()
