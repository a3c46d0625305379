"""tune, pseudo_label and train on a small project."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

from components.data.examples import read_examples, write_examples
from components.errors import ArtefactError, InputError
from components.labelers.proposal_table import read_proposals
from components.labels.tables import LABEL_SCHEMA, read_labels, write_labels
from components.models.tagger import Tagger
from pipelines.calibrate import stage as calibrate
from pipelines.pseudo_label import stage as pseudo_label
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.reviewed import REVIEWED_SCHEMA, write_reviewed
from project.settings import load_settings
from tests.projects.learning_project import make_project, write_params

ROOT = Path(__file__).parents[2]


def run_stages(layout, *stages):
    settings = load_settings(layout.params)
    return [stage.run(settings, layout) for stage in stages]


def test_from_labels_to_taggers(tmp_path):
    layout = make_project(tmp_path)
    tuned, proposed, trained = run_stages(layout, tune, pseudo_label, train)
    assert tuned["rule"] == "verified"
    methods = tuned["methods"]
    trained_ones = ["assume_negative", "ignore_unknown", "vlpl", "efuda"]
    assert list(methods) == ["zero_shot", "zero_shot_normalised", *trained_ones]
    assert tuned["num_trials"] == sum(len(each["tried"]) for each in methods.values())
    for each in methods.values():
        assert each["holdout_mAP"] >= methods["zero_shot"]["holdout_mAP"] - 1e-9
    assert proposed["method"] == max(methods, key=lambda name: methods[name]["holdout_mAP"])
    assert proposed["proposed"]["present"] > 0
    assert len(trained["taggers"]) == 2 + 4 * 3
    tagger = Tagger.load(layout.tagger("vlpl", 2))
    assert all(np.isfinite(value.numpy()).all() for value in tagger.head.state_dict().values())


def test_what_a_recipe_guesses_for_itself_stays_inside_it(tmp_path):
    layout = make_project(tmp_path, train={"recipes": ["zero_shot", "gpr"], "epochs": 3})
    tuned, proposed, _ = run_stages(layout, tune, pseudo_label, train)
    assert tuned["methods"]["gpr"]["settings"]["labeler"]["name"] == "softmax"
    assert Tagger.load(layout.tagger("gpr", 0)).recipe == "gpr"
    layout.proposals.unlink()
    (again,) = run_stages(layout, train)
    assert [each["status"] for each in again["taggers"]] == ["kept", "kept", "kept", "kept"]
    assert proposed["method"] == "gpr"


def test_proposals_are_of_unknown_cells_and_their_splits_are_told(tmp_path):
    layout = make_project(tmp_path, verified=False)
    table = read_labels(layout.labels)
    _, proposed = run_stages(layout, tune, pseudo_label)
    proposals = read_proposals(layout.proposals).to_pylist()
    splits = {each.id: each.split for each in read_examples(layout.examples)}
    assert {row["split"] for row in proposals} == {"train", "val", "test"}
    assert all(row["split"] == splits[row["example_id"]] for row in proposals)
    assert all((row["fold"] is None) == (row["split"] != "train") for row in proposals)
    assert sum(proposed["present_by_split"].values()) == proposed["proposed"]["present"]
    known = set(zip(table["example_id"].to_pylist(), table["label"].to_pylist(), strict=True))
    assert not known & {(row["example_id"], row["label"]) for row in proposals}


def test_any_method_can_be_asked_for_proposals(tmp_path):
    layout = make_project(tmp_path, pseudo_label={"method": "zero_shot", "present_above": 0.3})
    _, proposed = run_stages(layout, tune, pseudo_label)
    assert proposed["method"] == "zero_shot"
    assert set(read_proposals(layout.proposals)["method"].to_pylist()) == {"zero_shot"}
    write_params(layout, pseudo_label={"method": "csa"})
    with pytest.raises(ArtefactError, match=r"no choice for csa"):
        run_stages(layout, pseudo_label)


def test_proposals_are_kept_until_something_they_are_made_of_changes(tmp_path):
    few = {"seeds": [0], "recipes": ["zero_shot", "entropy"]}
    layout = make_project(tmp_path, train=few)
    _, first = run_stages(layout, tune, pseudo_label)
    (again,) = run_stages(layout, pseudo_label)
    assert [first["status"], again["status"]] == ["made", "kept"]
    assert again["proposed"] == first["proposed"]
    write_params(layout, train=few, pseudo_label={"present_above": 0.9})
    (other,) = run_stages(layout, pseudo_label)
    assert other["status"] == "made"
    assert other["proposed"]["present"] < first["proposed"]["present"]


def tuned_methods(layout):
    return yaml.safe_load(layout.tuned.read_text())["methods"]


def test_one_method_changed_is_one_method_tuned_and_trained(tmp_path):
    few = {"seeds": [0], "recipes": ["zero_shot", "entropy", "vlpl"]}
    layout = make_project(tmp_path, train=few)
    run_stages(layout, tune, train)
    before = tuned_methods(layout)
    (again,) = run_stages(layout, tune)
    assert again["num_trials"] == 0
    assert tuned_methods(layout) == before
    write_params(layout, train={**few, "methods": {"vlpl": {"alpha": 0.05}}})
    tuned, trained = run_stages(layout, tune, train)
    assert tuned["num_trials"] == len(tuned["methods"]["vlpl"]["tried"])
    assert {each["settings"]["alpha"] for each in tuned["methods"]["vlpl"]["tried"]} == {0.05}
    assert tuned_methods(layout)["entropy"] == before["entropy"]
    assert [each["status"] for each in trained["taggers"]] == ["kept", "kept", "trained"]


def test_a_setting_that_the_user_fixed_whole_leaves_nothing_to_search(tmp_path):
    fixed = {
        "pull": 0.0,
        "alpha": 0.2,
        "beta": 0.7,
        "beta_negative": 0.0,
        "labeler": {"name": "softmax", "theta": 0.3},
    }
    layout = make_project(tmp_path, train={"recipes": ["vlpl"], "methods": {"vlpl": fixed}})
    (tuned,) = run_stages(layout, tune)
    assert tuned["num_trials"] == 1
    assert tuned["methods"]["vlpl"]["settings"]["alpha"] == 0.2


def test_what_tune_chose_can_be_edited(tmp_path):
    layout = make_project(tmp_path, train={"seeds": [0], "recipes": ["entropy"]})
    run_stages(layout, tune, train)
    first = Tagger.load(layout.tagger("entropy", 0)).fingerprint
    text = yaml.safe_load(layout.tuned.read_text())
    text["methods"]["entropy"]["settings"]["alpha"] = 0.4
    layout.tuned.write_text(yaml.safe_dump(text))
    _, trained = run_stages(layout, tune, train)
    assert [each["status"] for each in trained["taggers"]] == ["trained"]
    assert Tagger.load(layout.tagger("entropy", 0)).fingerprint != first
    text["methods"]["entropy"]["settings"]["alpha"] = -1
    layout.tuned.write_text(yaml.safe_dump(text))
    edited = layout.tuned.read_bytes()
    for stage in (tune, train):
        with pytest.raises(InputError, match=r"entropy\.settings: .*alpha must be") as fault:
            run_stages(layout, stage)
        assert "delete" not in str(fault.value)
        assert layout.tuned.read_bytes() == edited


def test_settings_changed_after_tune_are_not_trained_with(tmp_path):
    layout = make_project(tmp_path, train={"seeds": [0], "recipes": ["entropy"]})
    run_stages(layout, tune)
    write_params(
        layout,
        train={"seeds": [0], "recipes": ["entropy"], "methods": {"entropy": {"alpha": 0.7}}},
    )
    with pytest.raises(ArtefactError, match=r"before train\.methods\.entropy was set"):
        run_stages(layout, train)


def test_a_setting_that_an_attempt_cannot_have_is_told(tmp_path):
    fixed = {"theta_negative": 0.6}
    layout = make_project(tmp_path, train={"recipes": ["trm_ml"], "methods": {"trm_ml": fixed}})
    with pytest.raises(InputError, match="theta_negative"):
        load_settings(layout.params)


def test_trained_taggers_are_kept_until_something_they_read_changes(tmp_path):
    layout = make_project(tmp_path, train={"seeds": [0], "recipes": ["zero_shot", "vlpl"]})
    run_stages(layout, tune, train)
    (again,) = run_stages(layout, train)
    assert [row["status"] for row in again["taggers"]] == ["kept", "kept"]
    write_params(layout, train={"seeds": [1], "recipes": ["assume_negative"]})
    _, other = run_stages(layout, tune, train)
    assert [row["status"] for row in other["taggers"]] == ["trained"]
    assert not layout.tagger("vlpl", 0).exists()


def test_without_verified_cells_the_report_says_so(tmp_path):
    layout = make_project(tmp_path, verified=False)
    (tuned,) = run_stages(layout, tune)
    assert tuned["rule"] == "observed"
    assert tuned["methods"]["vlpl"]["settings"]["labeler"]["name"] == "softmax"
    assert "counted as absent" in tuned["chosen_by"]


def test_without_any_label_the_untrained_work_alone_whatever_the_recipes(tmp_path):
    layout = make_project(tmp_path, train={"recipes": ["vlpl", "efuda"]})
    write_labels(layout.labels, pa.table({name: [] for name in LABEL_SCHEMA.names}, LABEL_SCHEMA))
    tuned, trained = run_stages(layout, tune, train)
    assert list(tuned["methods"]) == ["zero_shot", "zero_shot_normalised"]
    assert tuned["methods"]["zero_shot"]["holdout_mAP"] is None
    assert [each["recipe"] for each in trained["taggers"]] == ["zero_shot_normalised"]
    for report in (tuned, trained):
        assert "no label of a training photograph is known" in report["summary"][0]
        json.dumps(report, allow_nan=False)


def test_a_handful_of_pictures_without_labels_may_leave_splits_empty(tmp_path):
    layout = make_project(tmp_path, examples=6, train={"recipes": ["zero_shot"]})
    write_labels(layout.labels, pa.table({name: [] for name in LABEL_SCHEMA.names}, LABEL_SCHEMA))
    alone = [replace(each, split="train") for each in read_examples(layout.examples)]
    write_examples(layout.examples, alone)
    _, trained, chosen = run_stages(layout, tune, train, calibrate)
    assert [each["recipe"] for each in trained["taggers"]] == ["zero_shot"]
    assert chosen["recipe"] == "zero_shot"
    assert chosen["calibrated"] is False


def test_a_hold_out_without_a_positive_gives_no_figure(tmp_path):
    layout = make_project(tmp_path, train={"recipes": ["efuda"], "seeds": [0]})
    table = read_labels(layout.labels)
    held = {each.id for each in read_examples(layout.examples) if each.split == "val"}
    write_labels(
        layout.labels, table.filter([name not in held for name in table["example_id"].to_pylist()])
    )
    tuned, trained = run_stages(layout, tune, train)
    assert {each["holdout_mAP"] for each in tuned["methods"].values()} == {None}
    assert trained["taggers"][0]["holdout_mAP"] is None
    told = " ".join(tuned["summary"])
    assert "not measured" in told
    assert "proposals" not in told


def test_without_any_label_what_stands_out_is_proposed_without_a_probability(tmp_path):
    layout = make_project(tmp_path, train={"recipes": ["zero_shot"]})
    write_labels(layout.labels, pa.table({name: [] for name in LABEL_SCHEMA.names}, LABEL_SCHEMA))
    _, proposed, trained = run_stages(layout, tune, pseudo_label, train)
    assert proposed["calibrated"] is False
    assert proposed["proposed"]["present"] > 0
    assert proposed["proposed"]["absent"] == 0
    assert "label some images of the val split" in proposed["summary"]
    table = read_proposals(layout.proposals)
    assert table["score"].null_count == table.num_rows
    assert set(table["split"].to_pylist()) == {"train", "val", "test"}
    assert min(table["rank"].to_pylist()) == 1
    assert [each["recipe"] for each in trained["taggers"]] == ["zero_shot"]


def test_nothing_is_proposed_again_for_a_cell_that_a_person_called_undecidable(tmp_path):
    layout = make_project(tmp_path, pseudo_label={"method": "zero_shot", "present_above": 0.3})
    run_stages(layout, tune, pseudo_label)
    first = read_proposals(layout.proposals).to_pylist()[0]
    cell = first["example_id"], first["label"]
    said = {"example_id": cell[0], "label": cell[1], "state": 0, "provenance": "reviewed"}
    write_reviewed(
        layout,
        pa.Table.from_pylist(
            [{**said, "reviewer": None, "date": None, "note": None}], REVIEWED_SCHEMA
        ),
    )
    (again,) = run_stages(layout, pseudo_label)
    assert (again["status"], again["undecidable_cells"]) == ("made", 1)
    left = [
        (row["example_id"], row["label"]) for row in read_proposals(layout.proposals).to_pylist()
    ]
    assert left
    assert cell not in left


def test_choices_for_another_encoder_are_refused(tmp_path):
    layout = make_project(tmp_path)
    run_stages(layout, tune)
    tuned = yaml.safe_load(layout.tuned.read_text())
    layout.tuned.write_text(yaml.safe_dump({**tuned, "encoder_id": "other-1"}))
    with pytest.raises(ArtefactError, match="settings do not carry over"):
        run_stages(layout, pseudo_label)


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_taggers(tmp_path):
    sections = {
        "epochs": 60,
        "checkpoint_every": 10,
        "batch_size": 4,
        "seeds": [0, 1],
        "recipes": ["zero_shot", "entropy", "efuda"],
        # One attempt each: what is killed here is training, not the search.
        "methods": {"entropy": {"pull": 10.0}, "efuda": {"pull": 100.0}},
    }
    whole = make_project(tmp_path / "whole", train=sections)
    killed = make_project(tmp_path / "killed", train=sections)
    for layout in (whole, killed):
        run_stages(layout, tune)
    command = [sys.executable, "-m", "pipelines.train"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=whole.root, env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        command,
        cwd=killed.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: any(killed.taggers.glob("*/*/tagger.json")) and checkpoints(killed))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not all(killed.tagger("efuda", seed).exists() for seed in (0, 1))
    subprocess.run(command, cwd=killed.root, env=environment, check=True, capture_output=True)
    for path in whole.taggers.glob("*/*/*"):
        assert path.read_bytes() == (killed.root / path.relative_to(whole.root)).read_bytes()


def checkpoints(layout):
    return list((layout.scratch / "checkpoints").glob("*/*/state.json"))


def wait_for(condition, timeout_s=120):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "the stage made no progress"
        time.sleep(0.02)


@pytest.mark.ray
@pytest.mark.slow
def test_ray_tune_finds_what_the_local_search_finds(tmp_path):
    # A hold-out large enough for every attempt.
    local = make_project(tmp_path / "local", examples=400)
    on_ray = make_project(tmp_path / "ray", examples=400, tune={"runner": "ray"})
    (expected,) = run_stages(local, tune)
    (found,) = run_stages(on_ray, tune)
    assert found["num_trials"] == expected["num_trials"] > 10
    for name, each in expected["methods"].items():
        assert found["methods"][name]["settings"] == each["settings"]
        assert found["methods"][name]["holdout_mAP"] == pytest.approx(each["holdout_mAP"], abs=1e-5)


@pytest.mark.ray
@pytest.mark.slow
def test_two_ray_workers_train_what_one_process_trains(tmp_path):
    few = {"seeds": [0], "recipes": ["assume_negative"]}
    local = make_project(tmp_path / "local", train=few)
    spread = make_project(tmp_path / "ray", train={**few, "num_workers": 2})
    for layout in (local, spread):
        run_stages(layout, tune, train)
    one, two = (Tagger.load(x.tagger("assume_negative", 0)) for x in (local, spread))
    weights = [each.head.state_dict()["weight"].numpy() for each in (two, one)]
    np.testing.assert_allclose(*weights, atol=0.02)
