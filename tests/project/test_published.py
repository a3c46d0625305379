"""From `init --published` to the tables, on small data in the exact formats."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from components.data.examples import read_examples, read_quarantine
from components.encoders.config import OpenClipConfig
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.labels.published_masks import (
    cap_labelled_rows,
    cole_single_positive,
    cole_split,
    hcp_partial,
)
from components.labels.vocabulary import Vocabulary
from project.published import find_published, published_names, settings_values
from project.settings import load_settings, parse_settings
from tests.projects.published_projects import ids_of, known, make, prepared
from tests.projects.published_sets import (
    write_coco2014,
    write_cub,
    write_formatted,
    write_nuswide,
    write_voc2012,
)


@pytest.fixture(autouse=True)
def no_repository(monkeypatch):
    """DVC takes a second to make one, and test_create.py sees that it does."""
    monkeypatch.setattr("efuda.new_project.create.make_repository", lambda directory: None)


def test_voc2012_from_the_archive_to_the_published_mask(tmp_path, capsys):
    data = write_voc2012(tmp_path / "data")
    layout = make(tmp_path / "project", "voc2012-single-positive", data)
    told = capsys.readouterr().out
    assert "train         5  DIFFERS, published 5717" in told
    assert "labels       20  as published" in told
    assert "do not compare figures" in told
    report = prepared(layout)
    trained = [f"2008_0000{number}.jpg" for number in ("08", "15", "19", "23", "28")]
    rows, held_out = cole_split(5)
    assert ids_of(layout, "train") == [trained[row] for row in rows]
    assert ids_of(layout, "val") == [trained[row] for row in held_out]
    assert ids_of(layout, "test") == ["2008_000002.jpg", "2008_000003.jpg"]

    vocabulary = Vocabulary.load(layout.vocabulary)
    present = [("horse", "person"), ("bottle",), ("dog",), ("tvmonitor", "person", "bottle"),
               ("car", "person")]  # fmt: skip
    states = np.full((5, 20), -1, dtype=np.int8)
    for row, names in enumerate(present):
        states[row, [vocabulary.index(name) for name in names]] = 1
    expected = np.where(cole_single_positive(states), states, 0)
    expected[held_out] = states[held_out]
    assert np.array_equal(known(layout).select(trained).states, expected)
    # The hold-out and the test split are known whole; a difficult person is absent.
    assert known(layout).select(ids_of(layout, "test")).known.all()
    hidden = report["hide"]
    assert hidden["protocol"] == "single-positive@cole"
    assert hidden["drawn_over"]["num_examples"] == 5
    assert hidden["drawn_over"]["mask_hash"][:16] in told


def test_what_the_command_writes_are_the_published_settings(tmp_path):
    data = write_voc2012(tmp_path / "data")
    layout = make(tmp_path / "a", "voc2012-single-positive", data)
    settings = load_settings(layout.params)
    assert isinstance(settings.encoder, OpenClipConfig)
    assert (settings.encoder.model, settings.encoder.pretrained) == ("ViT-L-14-336", "openai")
    assert settings.prompts.templates == ("{name}",)
    given = settings.train.given("vlpl")
    assert (given["alpha"], given["beta"], given["beta_negative"]) == (0.2, 0.7, 0.0)
    assert given["labeler"] == SoftmaxThreshold(theta=0.3)
    assert settings.source.images == "../data/VOCdevkit/VOC2012/JPEGImages"
    dvc = yaml.safe_load((tmp_path / "a" / "dvc.yaml").read_text("utf-8"))
    lists = "../data/VOCdevkit/VOC2012/ImageSets/Main"
    assert f"{lists}/train.txt" in dvc["stages"]["prepare"]["deps"]
    published = make(
        tmp_path / "b", "voc2012-single-positive", data, "--schedule", "published",
        "--encoder", "conse",
    )  # fmt: skip
    settings = load_settings(published.params)
    train = settings.train
    assert (train.learning_rate, train.epochs, train.batch_size) == (1e-5, 10, 8)
    assert settings.encoder.kind == "conse"


def test_a_lost_photograph_is_told_and_moves_no_other_mask(tmp_path, capsys):
    data = write_voc2012(tmp_path / "data")
    whole = make(tmp_path / "whole", "voc2012-single-positive", data)
    prepared(whole)
    (data / "VOCdevkit/VOC2012/JPEGImages/2008_000008.jpg").unlink()
    capsys.readouterr()
    layout = make(tmp_path / "project", "voc2012-single-positive", data)
    assert "MISSING: 1 listed images are not on the disk" in capsys.readouterr().out
    prepared(layout)
    rest = [example.id for example in read_examples(layout.examples)]
    assert "2008_000008.jpg" not in rest
    assert np.array_equal(known(layout).states, known(whole).select(rest).states)
    assert [(fault.reason, fault.example_id) for fault in read_quarantine(layout.quarantine)] == [
        ("missing_file", "2008_000008.jpg")
    ]


def test_coco2014_lists_are_those_of_each_protocols_code(tmp_path):
    data = write_coco2014(tmp_path / "coco")
    layout = make(tmp_path / "single", "coco2014-single-positive", data)
    prepared(layout)
    listed = ["100", "1000", "30", "64", "9"]  # as text, without 25, which has no label
    rows, held_out = cole_split(5)
    assert ids_of(layout, "val") == [listed[row] for row in held_out]
    assert (known(layout).select([listed[row] for row in rows]).states == 1).sum(
        axis=1
    ).tolist() == [1] * 4
    assert len(Vocabulary.load(layout.vocabulary)) == 80

    layout = make(tmp_path / "partial", "coco2014-partial:0.3", data)
    prepared(layout)
    listed = ["9", "100", "25", "30", "1000", "64"]  # as in the file, all of them
    kept = hcp_partial(6, 80, share=0.3)
    assert np.array_equal(known(layout).select(listed).known, kept)
    assert load_settings(layout.params).train.epochs == 40  # Efuda's own, since cached


def test_few_labels_bring_their_own_hold_out(tmp_path):
    data = write_formatted(tmp_path / "nuswide", 81)
    layout = make(tmp_path / "project", "nuswide-few:0.2", data)
    settings = load_settings(layout.params)
    assert settings.splits.rule == "labelled"
    prepared(layout)
    labelled = [f"train/{row:04}.jpg" for row in cap_labelled_rows(10, share=0.2)]
    assert ids_of(layout, "val") == labelled[1:]
    cells = known(layout).select([f"train/{row:04}.jpg" for row in range(10)]).known
    assert cells.sum() == 2 * 81
    assert known(layout).select(labelled).known.all()


def test_nuswide_tells_its_version_by_counts(tmp_path, capsys, monkeypatch):
    data = write_nuswide(tmp_path / "nus")
    layout = make(tmp_path / "a", "nuswide-official-single-positive", data, "--json")
    told = json.loads(capsys.readouterr().out)["published"]
    assert (told["found"], told["version"]) == ({"train": 6, "test": 2, "labels": 3}, None)
    assert told["published"] == {"train": 161_789, "test": 107_859, "labels": 81}
    prepared(layout)
    train_and_val = set(ids_of(layout, "train") + ids_of(layout, "val"))
    assert "actor/0001_2124494179.jpg" in train_and_val
    assert len(train_and_val) == 6

    layout = make(tmp_path / "b", "nuswide-filtered-single-positive", data, "--json")
    told = json.loads(capsys.readouterr().out)["published"]
    assert told["found"] == {
        "train": 5,
        "test": 1,
        "labels": 3,
    }  # zoo/0006 and actor/0008 have none


def test_cub_attributes_with_their_irregular_lines(tmp_path):
    data = write_cub(tmp_path / "birds")
    layout = make(tmp_path / "project", "cub-single-positive", data)
    report = prepared(layout)
    assert report["quarantined"] == {}
    assert any("1 line(s)" in note and "more than 5 columns" in note for note in report["notes"])
    assert Vocabulary.load(layout.vocabulary).names == (
        "bill shape: curved (up or down)",
        "bill shape: hooked seabird",
        "wing color: blue",
        "size: very large (32 - 72 in)",
    )
    test = ids_of(layout, "test")
    assert test == ["002.Laysan_Albatross/Bird_0003.jpg"]
    assert known(layout).select(test).states.tolist() == [[-1, -1, 1, -1]]
    listed = [f"001.Black_footed_Albatross/Bird_{number:04}.jpg" for number in (9, 74, 14, 31, 51)]
    _, held_out = cole_split(5)  # in the order of images.txt, which is not that of the names
    assert ids_of(layout, "val") == [listed[row] for row in held_out]


@pytest.mark.parametrize("name", published_names())
def test_every_protocol_file_gives_settings_that_hold(name):
    chosen = find_published(name.replace("SHARE", "0.1"))
    values = settings_values(chosen, Path("../data"), "published")
    settings = parse_settings({**values, "project": {"name": "test"}}, name)
    assert settings.hide is not None
    code = settings.hide.protocol.partition("@")[2]
    assert settings.hide.seed == {"cole": 1200, "hcp": 0, "cap": 1}[code]
    assert settings.train.learning_rate == chosen.protocol.schedule.learning_rate
    if settings.source.vocabulary is not None:
        assert len(settings.source.vocabulary) == chosen.data.num_labels
