"""train.encoder: lora, from prepare to the bundle, and what later runs make of it."""

import contextlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import yaml
from PIL import Image

from components.bundle import load_bundle
from components.encoders.catalog import build_encoder
from components.errors import ArtefactError, InputError
from components.features.store import FeatureStore
from components.models.tagger import IMAGE_TOWER, Tagger
from pipelines.calibrate import stage as calibrate
from pipelines.embed import stage as embed
from pipelines.evaluate import stage as evaluate
from pipelines.index import stage as index
from pipelines.prepare import stage as prepare
from pipelines.pseudo_label import stage as pseudo_label
from pipelines.register.stage import _assemble
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.encoder_training import EncoderTraining, registered_tagger
from project.layout import Layout
from project.learning_task import load_task
from project.settings import load_settings, parse_settings
from project.taggers import embedded_photos, stored_logits, vectors_of
from tests.components.encoders.tiny_checkpoint import write_checkpoint
from tests.projects.captions_project import (
    TRAIN,
    change_params,
    make_project,
    read_captions,
    write_captions,
)

MOVED = "assume_negative"
"""A recipe that gains on these few images, so that its tower is not that of the start."""
RECIPES = ["zero_shot", "assume_negative", "efuda"]
LEARNING = {
    **TRAIN,
    "recipes": RECIPES,
    "encoder": "lora",
    "encoder_learning_rate": 0.001,
    "lora_rank": 4,
    "epochs": 4,
}
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
    assert MOVED in moved
    for name in moved:
        assert taggers[name].encoder_id != project_id
    assert said[WHOLE.index(train)]["mode"] == "end-to-end"
    metrics = json.loads(layout.metrics.read_text())
    assert metrics["mode"] == "end-to-end"
    assert metrics["modes"] == {
        "zero_shot": "cached",
        "assume_negative": "end-to-end",
        "efuda": "end-to-end",
    }
    assert "trained end-to-end with assume-negative, Efuda" in layout.report_page.read_text()


def test_stored_vectors_are_those_of_the_encoder_that_is_kept(finished):
    layout, _ = finished
    settings = load_settings(layout.params)
    tagger = Tagger.load(layout.tagger(MOVED, 0))
    training = EncoderTraining.of(settings, layout, tagger.project_encoder_id)
    config = training.config
    own = replace(config, image_tower=str(layout.tagger(MOVED, 0) / IMAGE_TOWER))
    encoder = build_encoder(own)
    assert encoder.id == tagger.encoder_id
    photos = embedded_photos(layout, "test", tagger.project_encoder_id)
    hashes = [photo.content_hash for photo in photos]
    pixels = training.pictures(load_task(settings, layout).holdout_hashes).pixels(np.arange(2))
    assert pixels.shape == (2, 3, 32, 32)
    stored = vectors_of(tagger, layout).load_global("original", hashes)
    before = FeatureStore(layout.features, tagger.project_encoder_id).load_global(
        "original", hashes
    )
    assert not np.allclose(stored, before, atol=1e-3)
    assert np.isfinite(stored_logits(tagger, hashes, layout)).all()


def test_a_second_run_keeps_all_and_other_settings_train_again(project):
    assert [row["status"] for row in run(project, train)[0]["taggers"]] == ["kept", "kept", "kept"]
    change_params(project, train={"encoder": "full", "recipes": ["assume_negative"]})
    rows = run(project, train)[0]["taggers"]
    assert [row["status"] for row in rows] == ["trained"]
    kept = Tagger.load(project.tagger("assume_negative", 0))
    assert kept.trained_encoder is not None
    assert kept.trained_encoder.tuning == "full"
    assert [each.name for each in project.trained_features.iterdir()] == [kept.encoder_id]
    change_params(project, train={"encoder": "frozen"})
    assert run(project, train)[0]["mode"] == "cached"
    assert not list(project.trained_features.iterdir())


def test_the_bundle_carries_both_encoders_and_can_be_compared_later(project):
    settings = load_settings(project.params)
    tags = {"efuda.recipe": MOVED}
    with contextlib.chdir(project.root):
        _assemble(settings, project, MOVED, 0, {"test": {}}, tags)
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


def test_new_images_are_embedded_for_kept_taggers_too(project):
    taggers = [Tagger.load(project.tagger(name, 0)) for name in ("assume_negative", "efuda")]
    rows = read_captions(project.root)
    last = project.root / "images" / rows[-1]["image"]
    brighter = [min(value + 3, 255) for value in range(256)]
    bright = Image.open(last).convert("RGB").point(brighter * 3)
    bright.save(last.with_name("new.png"))
    write_captions(project.root, [*rows, {**rows[-1], "image": "new.png", "split": "test"}])
    _, _, trained, _, measured = run(project, prepare, embed, train, calibrate, evaluate)
    assert [row["status"] for row in trained["taggers"]] == ["kept", "kept", "kept"]
    assert len(embedded_photos(project, "test", taggers[0].project_encoder_id)) == 15
    assert measured["summary"][0].startswith("15 test images")


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"encoder": {"kind": "conse"}}, "conse cannot be trained"),
        (
            {"encoder": {"image_tower": "data/taggers/efuda/seed-0/image_tower.safetensors"}},
            "copy the file to a place of your own",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_done(tmp_path, sections, words):
    layout = make_project(tmp_path / "project", train=LEARNING)
    values = yaml.safe_load(layout.params.read_text())
    if sections["encoder"].get("kind") == "conse":
        values["encoder"] = {}
    values["encoder"] |= sections["encoder"]
    with pytest.raises(InputError, match=words):
        parse_settings(values, "params.yaml")


def test_another_encoder_than_the_vectors_is_refused(project):
    write_checkpoint(project.root / "encoder", seed=1)
    with pytest.raises(ArtefactError, match="run `efuda run embed` first"):
        run(project, train)


def test_a_rank_that_leaves_nothing_to_learn_is_refused(project):
    change_params(project, train={"lora_rank": 4096})
    with pytest.raises(InputError, match=r"lower train\.lora_rank"):
        run(project, train)


def test_a_trained_tower_can_become_the_encoder_of_another_project(finished, tmp_path):
    layout, _ = finished
    tagger = Tagger.load(layout.tagger(MOVED, 0))
    other = make_project(tmp_path / "other", train={**TRAIN, "recipes": ["zero_shot"]})
    shutil.copyfile(layout.tagger(MOVED, 0) / IMAGE_TOWER, other.root / "tower.safetensors")
    change_params(other, encoder={"image_tower": "tower.safetensors"})
    _, embedded = run(other, prepare, embed)
    assert embedded["encoder_id"] == tagger.encoder_id
    (other.root / "tower.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="holds no image tower"):
        run(other, embed)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_two_ray_workers_train_an_encoder_as_one_process_does(finished, tmp_path, tuning):
    kept = []
    for num_workers in (0, 2):
        root = tmp_path / str(num_workers)
        shutil.copytree(finished[0].root, root)
        layout = Layout(root)
        other = {"encoder": tuning, "num_workers": num_workers, "recipes": [MOVED], "epochs": 3}
        change_params(layout, train=other)
        assert run(layout, train)[0]["taggers"][0]["status"] == "trained"
        kept.append(Tagger.load(layout.tagger(MOVED, 0)))
    assert kept[0].trained_encoder == kept[1].trained_encoder
    weights = [each.head.state_dict()["weight"].numpy() for each in kept]
    np.testing.assert_allclose(*weights, atol=0.05)
