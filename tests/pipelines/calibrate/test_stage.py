import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from components.calibration.calibration import Calibration
from components.data.examples import read_examples
from components.errors import ArtefactError
from components.labels.tables import read_labels, read_matrix, write_labels
from components.labels.vocabulary import Vocabulary
from pipelines.calibrate import stage as calibrate
from project.cross_fitted import CrossFittedScores
from project.layout import Layout
from tests.projects.synthetic import NAMES, NOISE, SEEDS, make_project, settings_of
from tuning.method_choice import MIN_CHOOSING_IMAGES


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_project(tmp_path, num_images=250)


def keep_labels(layout: Layout, keep) -> None:
    """Rewrite the label table with the rows that ``keep(split, state)`` likes."""
    split_of = {example.id: example.split for example in read_examples(layout.examples)}
    table = read_labels(layout.labels)
    rows = zip(table["example_id"].to_pylist(), table["state"].to_pylist(), strict=True)
    write_labels(layout.labels, table.filter([keep(split_of[name], state) for name, state in rows]))


def test_every_tagger_is_calibrated_and_the_best_recipe_chosen(layout: Layout):
    report = calibrate.run(settings_of(), layout)
    assert report["rule"] == "verified"
    assert report["recipe"] == "vlpl"
    assert list(report["recipes"]) == list(NOISE)
    for recipe in NOISE:
        for seed in (0,) if recipe == "zero_shot" else SEEDS:
            fitted = Calibration.load(layout.calibration(recipe, seed))
            assert fitted.names == NAMES
            assert set(fitted.source) <= {"class", "shared"}
    seeds = report["recipes"]["vlpl"]["seeds"]
    assert report["seed"] == int(np.argmax(seeds))
    assert json.loads(layout.selection.read_text())["seed"] == report["seed"]
    assert report["recipes"]["vlpl"]["mAP"] == pytest.approx(np.mean(seeds))


def test_neither_test_labels_nor_hidden_labels_matter(layout: Layout):
    before = calibrate.run(settings_of(), layout)
    keep_labels(layout, lambda split, _: split != "test")
    layout.hidden_labels.write_bytes(b"not a table")
    again = calibrate.run(settings_of(), layout)
    num_taggers = before.pop("kept") + again.pop("kept")
    assert num_taggers == 1 + (len(NOISE) - 1) * len(SEEDS)
    assert again == before


def test_only_what_changed_is_calibrated_anew(layout: Layout):
    num_taggers = 1 + (len(NOISE) - 1) * len(SEEDS)
    assert calibrate.run(settings_of(), layout)["kept"] == 0
    before = {path: path.read_bytes() for path in layout.calibrations.rglob("*.json")}
    shutil.copytree(layout.tagger("vlpl", 0), layout.tagger("vlpl", 1), dirs_exist_ok=True)
    assert calibrate.run(settings_of(), layout)["kept"] == num_taggers - 1
    others = [path for path in before if path.parent.name == "zero_shot"]
    assert others
    assert all(path.read_bytes() == before[path] for path in others)


def test_positives_alone_are_scored_by_the_observed_rule(layout: Layout):
    keep_labels(layout, lambda split, state: split == "train" or state == 1)
    report = calibrate.run(settings_of(), layout)
    assert report["rule"] == "observed"
    assert any("not that it is present" in note for note in report["notes"])


def test_without_labels_in_the_holdout_nothing_is_claimed(layout: Layout):
    keep_labels(layout, lambda split, _: split == "train")
    report = calibrate.run(settings_of(), layout)
    assert report["recipe"] == "zero_shot"
    assert report["recipes"]["vlpl"]["mAP"] is None
    assert report["thresholds_from"] == {"class": 0, "shared": 0, "none": len(NAMES)}
    assert any("nothing could be calibrated" in note for note in report["notes"])
    json.dumps(report, allow_nan=False)


def test_calibrations_of_removed_taggers_disappear(layout: Layout):
    calibrate.run(settings_of(), layout)
    shutil.rmtree(layout.tagger("vlpl", 1))
    calibrate.run(settings_of(), layout)
    assert layout.calibration("vlpl", 0).exists()
    assert not layout.calibration("vlpl", 1).exists()


def test_missing_and_foreign_taggers_are_named(layout: Layout):
    description = layout.tagger("vlpl", 0) / "tagger.json"
    value = json.loads(description.read_text())
    description.write_text(json.dumps({**value, "names": [*NAMES[:-1], "zebra"]}))
    with pytest.raises(ArtefactError, match="trained for 10 labels"):
        calibrate.run(settings_of(), layout)
    shutil.rmtree(layout.taggers)
    with pytest.raises(ArtefactError, match="no tagger"):
        calibrate.run(settings_of(), layout)


def test_few_labelled_images_do_not_choose_the_method(layout: Layout):
    held = [each.id for each in read_examples(layout.examples) if each.split == "val"]
    table = read_labels(layout.labels)
    few = {*held[: MIN_CHOOSING_IMAGES - 1]}
    names = table["example_id"].to_pylist()
    write_labels(layout.labels, table.filter([name not in held or name in few for name in names]))
    report = calibrate.run(settings_of(), layout)
    assert max(report["recipes"], key=lambda name: report["recipes"][name]["mAP"]) == "vlpl"
    assert (report["recipe"], report["chosen_by"]) == ("zero_shot", "caution")
    assert report["num_labelled"] == MIN_CHOOSING_IMAGES - 1
    assert f"{MIN_CHOOSING_IMAGES - 1} labelled hold-out images" in report["why"]


def leave_scores(layout: Layout, recipe: str) -> None:
    """As train does where the hold-out is thin."""
    photos = [each for each in read_examples(layout.examples) if each.modality == "photo"]
    vocabulary = Vocabulary.load(layout.vocabulary)
    hashes, logits, states = {}, {}, {}
    for split in ("val", "train"):
        rows = [each for each in photos if each.split == split]
        hashes[split] = tuple(each.content_hash for each in rows)
        known = read_matrix(layout.labels, [each.id for each in rows], vocabulary).states
        noise = np.random.default_rng(0).normal(size=known.shape)
        states[split], logits[split] = known, (known + noise).astype(np.float32)
    CrossFittedScores(
        fingerprint="",
        holdout=hashes["val"],
        holdout_logits=logits["val"],
        training=hashes["train"],
        training_logits=logits["train"],
        states=np.where(states["train"] == 0, -1, states["train"]).astype(np.int8),
    ).save(layout.tagger(recipe, 0).parent)


def test_a_thin_holdout_is_helped_by_training_images_that_the_models_had_not_met(layout: Layout):
    calibrate.run(settings_of(), layout)
    alone = Calibration.load(layout.calibration("vlpl", 0))
    np.testing.assert_array_equal(alone.positives, alone.holdout_positives)
    leave_scores(layout, "vlpl")
    assert calibrate.run(settings_of(), layout)["kept"] == 1 + (len(NOISE) - 2) * len(SEEDS)
    helped = Calibration.load(layout.calibration("vlpl", 0))
    np.testing.assert_array_equal(helped.holdout_positives, alone.holdout_positives)
    assert (helped.positives >= alone.positives).all()
    assert helped.slope.tolist() != alone.slope.tolist()
