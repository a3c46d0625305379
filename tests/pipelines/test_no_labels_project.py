"""Photographs and names alone, through every stage but validate, on a tiny encoder."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from components.atomic import read_json
from components.bundle import load_bundle
from components.labels.tables import read_labels
from pipelines.calibrate import stage as calibrate
from pipelines.embed import stage as embed
from pipelines.evaluate import stage as evaluate
from pipelines.index import stage as index
from pipelines.prepare import stage as prepare
from pipelines.promote import stage as promote
from pipelines.pseudo_label import stage as pseudo_label
from pipelines.register import stage as register
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.layout import Layout
from project.settings import parse_settings
from serving.encoding import EncodedImage
from serving.messages import TagQuery
from serving.service import Service
from tests.components.encoders.tiny_checkpoint import write_checkpoint

STAGES = (prepare, embed, tune, pseudo_label, train, calibrate, evaluate, index, register)
NUM_IMAGES = 24
NAMES = ("dog", "cat")


def settings_of(source):
    values = {
        "project": {"name": "birds"},
        "source": {"images": "photos", "vocabulary": NAMES, **source},
        "encoder": {"kind": "open_clip", "model": "local-dir:encoder"},
        "embed": {"regions": False, "views": ["original"]},
    }
    return parse_settings(values, "params.yaml")


def run_all(settings, layout, stages=STAGES):
    return {stage.__name__.split(".")[1]: stage.run(settings, layout) for stage in stages}


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    root = tmp_path_factory.mktemp("birds")
    (root / "photos").mkdir()
    random = np.random.default_rng(0)
    for number in range(NUM_IMAGES):
        pixels = random.integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / "photos" / f"{number}.png")
    write_checkpoint(root / "encoder")
    return Layout(root)


@pytest.fixture(scope="module")
def reports(layout):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(layout.root)
        yield run_all(settings_of({"kind": "images"}), layout)


def test_every_stage_says_what_it_has_and_claims_no_figure(layout, reports):
    assert read_labels(layout.labels).num_rows == 0
    for name in ("tune", "train"):
        assert "no label of a training photograph is known" in reports[name]["summary"][0]
    assert reports["pseudo_label"]["calibrated"] is False
    assert reports["pseudo_label"]["proposed"]["absent"] == 0
    assert (reports["calibrate"]["recipe"], reports["calibrate"]["chosen_by"]) == (
        "zero_shot_normalised",
        "nothing",
    )
    assert read_json(layout.metrics)["test"] == {"zero_shot": {}, "zero_shot_normalised": {}}
    for report in reports.values():
        json.dumps(report, allow_nan=False)
    card = (layout.bundle / "README.md").read_text(encoding="utf-8")
    assert "not measured" in card
    assert "scores, not probabilities" in card


def test_some_pictures_get_a_tag_and_the_answer_says_that_it_is_not_calibrated(layout, reports):
    bundle = load_bundle(layout.bundle)
    tagged = [bool(picture.tags) for picture in bundle.gallery.pictures(range(NUM_IMAGES))]
    assert 0 < sum(tagged) < NUM_IMAGES / 2
    service = Service(bundle)
    vector = bundle.index.vectors[0].astype(np.float32)
    image = EncodedImage(vector, None, (1, 1), (0.0, 0.0, 1.0, 1.0))
    assert not service.tag(image, TagQuery(top_k=2, all=False, evidence=False)).calibrated
    assert not service.card().calibrated


def test_the_first_version_can_be_promoted(layout, reports):
    done = promote.run(settings_of({"kind": "images"}), layout)
    assert done.decision.outcome == "promoted"


def test_a_table_with_nothing_but_its_header_is_treated_alike(
    layout, reports, tmp_path, monkeypatch
):
    for name in ("photos", "encoder"):
        shutil.copytree(layout.root / name, tmp_path / name)
    (tmp_path / "labels.csv").write_text("image,dog,cat\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    other = Layout(tmp_path)
    stages = (prepare, embed, tune, train, calibrate)
    found = run_all(settings_of({"kind": "csv", "annotations": "labels.csv"}), other, stages)
    for name in ("tune", "train", "calibrate"):
        assert found[name]["summary"] == reports[name]["summary"]


def test_one_label_makes_the_recipes_learn(layout, reports, tmp_path, monkeypatch):
    for name in ("photos", "encoder"):
        shutil.copytree(layout.root / name, tmp_path / name)
    rows = "".join(
        f"{number}.png,{(-1) ** number},{(-1) ** (number // 2)}\n" for number in range(24)
    )
    (tmp_path / "labels.csv").write_text("image,dog,cat\n" + rows, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = settings_of({"kind": "csv", "annotations": "labels.csv"})
    quick = settings.train.model_copy(update={"epochs": 1, "seeds": (0,)})
    local = settings.tune.model_copy(update={"runner": "local"})
    settings = settings.model_copy(update={"train": quick, "tune": local})
    other = Layout(tmp_path)
    for stage in (prepare, embed, tune, train):
        told = stage.run(settings, other)
    without_regions = {"two_readings", "region_discriminant"}
    recipes = set(settings.train.recipes) - without_regions
    assert {each["recipe"] for each in told["taggers"]} == recipes
    assert "two readings and region discriminant are left out" in " ".join(told["summary"])
    chosen = calibrate.run(settings, other)
    assert (chosen["recipe"], chosen["chosen_by"]) == ("zero_shot_normalised", "caution")
    assert "labelled hold-out images say too little" in chosen["why"]
