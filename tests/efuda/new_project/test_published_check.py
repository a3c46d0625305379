"""What is set aside or refused of published sets, and what is said about it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from components.data.examples import read_quarantine
from components.errors import InputError
from pipelines.prepare import stage as prepare
from project.settings import parse_settings
from tests.efuda.called import call
from tests.projects.published_projects import make, prepared
from tests.projects.published_sets import (
    write,
    write_cub,
    write_formatted,
    write_nuswide,
    write_voc2012,
)


@pytest.fixture(autouse=True)
def no_repository(monkeypatch):
    """DVC takes a second to make one, and test_create.py sees that it does."""
    monkeypatch.setattr("efuda.new_project.create.make_repository", lambda directory: None)


@pytest.mark.parametrize(
    ("damage", "reason", "detail"),
    [
        ("x 4 1 3 27.7\n", "bad_row", "contradicts"),
        ("9 9 maybe 3 1\n", "bad_row", "is not an image, an attribute"),
        ("77 1 1 3 1.0\n", "unknown_image", "that no list names"),
    ],
)
def test_bad_lines_of_cub_are_set_aside(tmp_path, damage, reason, detail):
    data = write_cub(tmp_path / "birds")
    path = data / "CUB_200_2011" / "attributes" / "image_attribute_labels.txt"
    damage = damage.replace("x 4 1", "1 4 1")  # image 1, attribute 4 was absent
    write(path, path.read_text("utf-8") + damage)
    layout = make(tmp_path / "project", "cub-single-positive", data)
    prepared(layout)
    [fault] = read_quarantine(layout.quarantine)
    assert fault.reason == reason
    assert detail in fault.detail


def test_bad_lines_of_nuswide_are_set_aside_and_lost_lines_stop(tmp_path):
    data = write_nuswide(tmp_path / "nus")
    labels = data / "Groundtruth" / "TrainTestLabels" / "Labels_clouds_Train.txt"
    write(labels, "0\n1\n?\n1\n1\n0\n")
    listing = data / "ImageList" / "TrainImagelist.txt"
    lines = listing.read_text("utf-8").split("\n")
    write(listing, "\n".join([lines[0], "../../etc/passwd.jpg", *lines[2:]]))
    layout = make(tmp_path / "a", "nuswide-official-single-positive", data)
    prepared(layout)
    faults = {fault.reason: fault.detail for fault in read_quarantine(layout.quarantine)}
    assert set(faults) == {"bad_row", "path_outside_root"}
    assert "line 3 is '?', neither 0 nor 1; 1 cell(s) of 'clouds'" in faults["bad_row"]
    write(labels, "0\n1\n")
    with pytest.raises(InputError, match=r"has 2 lines but TrainImagelist.txt names 6 images"):
        make(tmp_path / "b", "nuswide-official-single-positive", data)
    labels.unlink()
    with pytest.raises(InputError, match=r"Labels_clouds_Train.txt is not in"):
        make(tmp_path / "b", "nuswide-official-single-positive", data)
    assert not (tmp_path / "b").exists()


def pickled(folder: Path) -> None:
    np.save(folder / "formatted_val_images.npy", np.array(["a", "b", "c"], object))


def narrow(folder: Path) -> None:
    np.save(folder / "formatted_val_labels.npy", np.zeros((3, 80)))


def signed(folder: Path) -> None:
    np.save(folder / "formatted_val_labels.npy", np.full((3, 81), -1.0))


@pytest.mark.parametrize(
    ("damage", "message"),
    [(pickled, "never read"), (narrow, r"shape \(3, 80\)"), (signed, "only 0 and 1")],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, damage: Callable[[Path], None], message):
    data = write_formatted(tmp_path / "nus", 81)
    damage(data)
    with pytest.raises(InputError, match=message):
        make(tmp_path / "project", "nuswide-single-positive", data)


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
        ([], "with --source, or a --published"),
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
