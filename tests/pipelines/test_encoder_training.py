"""train.encoder: lora, from prepare to the bundle, and what later runs make of it."""

import contextlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from components.bundle import load_bundle
from components.encoders.catalog import build_encoder
from components.errors import InputError
from components.features.store import FeatureStore
from components.models.tagger import IMAGE_TOWER, Tagger
from pipelines import calibrate, embed, evaluate, index, prepare, pseudo_label, train, tune
from pipelines.encoder_training import EncoderTraining, registered_tagger
from pipelines.layout import Layout
from pipelines.learning import load_learning_data
from pipelines.register import _assemble
from pipelines.scoring import embedded_photos, stored_logits, vectors_of
from pipelines.settings import load_settings
from tests.pipelines.captions_project import TRAIN, change_params, make_project

RECIPES = ["zero_shot", "ignore_unknown", "efuda"]
LEARNING = {**TRAIN, "recipes": RECIPES, "encoder": "lora", "lora_rank": 2, "epochs": 6}
WHOLE = (prepare, embed, tune, pseudo_label, train, calibrate, evaluate, index)


def run(layout: Layout, *stages):
    settings = load_settings(layout.params)
    with contextlib.chdir(layout.root):
        return [stage.run(settings, layout) for stage in stages]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    layout = make_project(tmp_path_factory.mktemp("learned") / "project", train=LEARNING)
    return layout, run(layout, *WHOLE)


@pytest.fixture
def project(finished, tmp_path) -> Layout:
    shutil.copytree(finished[0].root, tmp_path / "project")
    return Layout(tmp_path / "project")


def test_each_tagger_has_an_encoder_of_its_own_and_the_report_says_so(finished):
    layout, said = finished
    taggers = {name: Tagger.load(layout.tagger(name, 0)) for name in RECIPES}
    project_id = taggers["zero_shot"].encoder_id
    assert {tagger.project_encoder_id for tagger in taggers.values()} == {project_id}
    rows = said[WHOLE.index(train)]["taggers"]
    moved = {row["recipe"] for row in rows if row.get("best_epoch")}
    assert "efuda" in moved
    for name in moved:
        assert taggers[name].encoder_id != project_id
    assert said[WHOLE.index(train)]["mode"] == "end-to-end"
    metrics = json.loads(layout.metrics.read_text())
    assert metrics["mode"] == "end-to-end"
    assert metrics["modes"] == {
        "zero_shot": "cached",
        "ignore_unknown": "end-to-end",
        "efuda": "end-to-end",
    }
    assert "trained end-to-end with ignore-unknown, Efuda" in layout.report_page.read_text()


def test_stored_vectors_are_those_of_the_encoder_that_is_kept(finished):
    layout, _ = finished
    settings = load_settings(layout.params)
    tagger = Tagger.load(layout.tagger("efuda", 0))
    config = EncoderTraining.of(settings, layout).config
    own = replace(config, image_tower=str(layout.tagger("efuda", 0) / IMAGE_TOWER))
    encoder = build_encoder(own)
    assert encoder.id == tagger.encoder_id
    photos = embedded_photos(layout, "test", tagger.project_encoder_id)
    hashes = [photo.content_hash for photo in photos]
    training = EncoderTraining.of(settings, layout)
    pixels = training.pictures(load_learning_data(settings, layout).val).pixels(np.arange(2))
    assert pixels.shape == (2, 3, 32, 32)
    stored = vectors_of(tagger, layout).load_global("original", hashes)
    before = FeatureStore(layout.features, tagger.project_encoder_id).load_global(
        "original", hashes
    )
    assert not np.allclose(stored, before, atol=1e-3)
    assert np.isfinite(stored_logits(tagger, hashes, layout)).all()


def test_a_second_run_keeps_all_and_other_settings_train_again(project):
    assert [row["status"] for row in run(project, train)[0]["taggers"]] == ["made", "kept", "kept"]
    change_params(project, train={"encoder": "full", "recipes": ["ignore_unknown"]})
    rows = run(project, train)[0]["taggers"]
    assert [row["status"] for row in rows] == ["trained"]
    kept = Tagger.load(project.tagger("ignore_unknown", 0))
    assert kept.trained_encoder is not None
    assert kept.trained_encoder.tuning == "full"
    assert [each.name for each in project.trained_features.iterdir()] == [kept.encoder_id]
    change_params(project, train={"encoder": "frozen"})
    assert run(project, train)[0]["mode"] == "cached"
    assert not list(project.trained_features.iterdir())


def test_the_bundle_carries_both_encoders_and_can_be_compared_later(project):
    settings = load_settings(project.params)
    tags = {"efuda.recipe": "efuda"}
    with contextlib.chdir(project.root):
        _assemble(settings, project, "efuda", 0, {"test": {}}, tags)
    bundle = load_bundle(project.bundle)
    assert build_encoder(bundle.encoder_config).id == bundle.encoder_id
    assert build_encoder(bundle.tag_encoder_config).id == bundle.tagger.encoder_id
    photos = embedded_photos(project, "test", bundle.encoder_id)
    hashes = [photo.content_hash for photo in photos]
    before = stored_logits(bundle.tagger, hashes, project)
    shutil.rmtree(project.trained_features)
    tagger = registered_tagger(project.bundle, photos, settings, project)
    np.testing.assert_allclose(stored_logits(tagger, hashes, project), before, atol=1e-2)


def test_a_picture_that_was_changed_stops_training_with_its_path(project):
    change_params(project, train={"seeds": [1]})
    for path in (project.root / "images").glob("*.png"):
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"images.*is not the one that was prepared"):
        run(project, train)


def test_an_encoder_that_is_not_open_clip_is_refused(tmp_path):
    layout = make_project(tmp_path / "project", train=LEARNING)
    settings = load_settings(layout.params)
    conse = settings.model_copy(
        update={"encoder": {"kind": "conse"}},
    )
    conse = type(settings).model_validate({**settings.model_dump(), "encoder": conse.encoder})
    with pytest.raises(InputError, match="only open_clip models can"):
        EncoderTraining.of(conse, layout)
