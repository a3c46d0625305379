"""What is set aside or refused of published sets, and what is said about it."""

import shutil

import pytest
import yaml

from components.errors import InputError
from pipelines.prepare import stage as prepare
from project.settings import parse_settings
from tests.efuda.called import call
from tests.projects.published_projects import make
from tests.projects.published_sets import (
    write_voc2012,
)


@pytest.fixture(autouse=True)
def no_repository(monkeypatch):
    """DVC takes a second to make one, and test_create.py sees that it does."""
    monkeypatch.setattr("efuda.new_project.create.make_repository", lambda directory: None)


def test_another_layout_is_answered_with_what_is_expected_and_found(tmp_path):
    data = write_voc2012(tmp_path / "data")
    shutil.rmtree(data / "VOCdevkit" / "VOC2012" / "ImageSets")
    with pytest.raises(InputError) as caught:
        make(tmp_path / "project", "voc2012-single-positive", data)
    text = str(caught.value)
    assert "not laid out as PASCAL VOC 2012" in text
    assert "missing ImageSets/Main/train.txt: list of the 5,717 training images" in text
    assert "found   JPEGImages" in text
    assert "itself holds: VOCdevkit/" in text
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--published", "voc2012-single"], "Did you mean voc2012-single-positive"),
        (["--published", "voc2012-few"], "shares of 0.01, 0.05, 0.1"),
        (["--published", "voc2012-few:0.3"], "shares of 0.01"),
        (["--published", "cub-single-positive:0.1"], "takes no share"),
        (["--published", "cub-single-positive", "--hide", "few:0.1"], "decides --hide itself"),
        ([], "Say what is known of the photographs"),
        (["--published", "cub-single-positive", "--names", "owl"], "decides --names itself"),
    ],
)
def test_what_the_command_line_cannot_mean(arguments, message, tmp_path):
    with pytest.raises(InputError, match=message):
        call("init", tmp_path / "project", "--images", tmp_path, *arguments)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"splits": {"rule": "labelled"}}, "few:SHARE@cap leaves"),
        ({"hide": {"protocol": "single-positive@cole", "splits": ["train", "test"]}}, "not on it"),
    ],
)
def test_rules_that_do_not_go_together_are_refused(tmp_path, sections, message):
    layout = make(tmp_path / "project", "voc2012-single-positive", write_voc2012(tmp_path / "data"))
    values = yaml.safe_load(layout.params.read_text("utf-8"))
    for section, changed in sections.items():
        values[section] = {**values[section], **changed}
    with pytest.raises(InputError, match=message):
        prepare.run(parse_settings(values, "the test"), layout)
