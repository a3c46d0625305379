"""tune, pseudo_label and train on a small project."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml

from components.errors import ArtefactError, InputError
from components.labelers.table import read_proposals
from components.labels.tables import LABEL_SCHEMA, read_matrix, write_labels
from components.models.tagger import Tagger
from pipelines.pseudo_label import stage as pseudo_label
from pipelines.train import stage as train
from pipelines.tune import stage as tune
from project.learning_task import load_learning_data
from project.plan import plan_of
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
    assert tuned["best"]["holdout_mAP"] >= tuned["published"]["holdout_mAP"]
    rows = list(csv.DictReader(layout.trials.read_text().splitlines()))
    assert len(rows) == 4
    assert proposed["proposed"]["present"] > 0
    assert len(trained["taggers"]) == 1 + 4 * 3
    tagger = Tagger.load(layout.tagger("vlpl", 2))
    assert all(np.isfinite(value.numpy()).all() for value in tagger.head.state_dict().values())


def test_a_recipe_of_attempts_learns_from_the_proposals_of_its_own_labeler(tmp_path):
    layout = make_project(tmp_path, train={"recipes": ["zero_shot", "gpr"], "epochs": 3})
    tuned, _, _ = run_stages(layout, tune, pseudo_label, train)
    chosen = tuned["methods"]["gpr"]["settings"]
    assert chosen["labeler"]["name"] == "softmax"
    assert chosen["epochs"] == 3
    settings = load_settings(layout.params)
    plan = plan_of("gpr", settings, layout, load_learning_data(settings, layout))
    assert plan.proposals.any()
    assert Tagger.load(layout.tagger("gpr", 0)).recipe == "gpr"


def test_proposals_never_touch_known_cells_or_the_test_split(tmp_path):
    layout = make_project(tmp_path)
    run_stages(layout, tune, pseudo_label)
    data = load_learning_data(load_settings(layout.params), layout)
    proposals = read_proposals(layout.proposals)
    assert set(proposals["example_id"].to_pylist()) <= set(data.train.labels.example_ids)
    known = read_matrix(layout.labels, data.train.labels.example_ids, data.vocabulary)
    cells = zip(proposals["example_id"].to_pylist(), proposals["label"].to_pylist(), strict=True)
    place = {name: row for row, name in enumerate(known.example_ids)}
    assert not any(known.known[place[i], data.vocabulary.index(name)] for i, name in cells)


def test_trained_taggers_are_kept_until_something_they_read_changes(tmp_path):
    layout = make_project(tmp_path, train={"seeds": [0], "recipes": ["zero_shot", "vlpl"]})
    run_stages(layout, tune, pseudo_label, train)
    (again,) = run_stages(layout, train)
    assert [row["status"] for row in again["taggers"]] == ["made", "kept"]
    write_params(layout, train={"seeds": [1], "recipes": ["assume_negative"]})
    (other,) = run_stages(layout, train)
    assert [row["status"] for row in other["taggers"]] == ["trained"]
    assert not layout.tagger("vlpl", 0).exists()


def test_without_verified_cells_the_report_says_so(tmp_path):
    layout = make_project(tmp_path, verified=False)
    (tuned,) = run_stages(layout, tune)
    assert tuned["rule"] == "observed"
    assert tuned["labeler"]["name"] == "softmax"
    assert "counted as absent" in tuned["chosen_by"]


def test_no_known_training_label_is_a_clear_error(tmp_path):
    layout = make_project(tmp_path)
    write_labels(layout.labels, pa.table({name: [] for name in LABEL_SCHEMA.names}, LABEL_SCHEMA))
    with pytest.raises(InputError, match="No label of any training image is known"):
        run_stages(layout, tune)


def test_thresholds_of_another_encoder_are_refused(tmp_path):
    layout = make_project(tmp_path)
    run_stages(layout, tune)
    tuned = yaml.safe_load(layout.tuned.read_text())
    layout.tuned.write_text(yaml.safe_dump({**tuned, "encoder_id": "other-1"}))
    with pytest.raises(ArtefactError, match="thresholds do not carry over"):
        run_stages(layout, pseudo_label)


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_taggers(tmp_path):
    sections = {"epochs": 60, "checkpoint_every": 10, "batch_size": 4, "seeds": [0, 1]}
    whole = make_project(tmp_path / "whole", train=sections)
    killed = make_project(tmp_path / "killed", train=sections)
    for layout in (whole, killed):
        run_stages(layout, tune, pseudo_label)
    command = [sys.executable, "-m", "pipelines.train.stage"]
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
    assert not all(killed.tagger("vlpl", seed).exists() for seed in (0, 1))
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
def test_ray_tune_finds_what_the_local_sweep_finds_and_goes_on(tmp_path):
    local = make_project(tmp_path / "local")
    on_ray = make_project(tmp_path / "ray", tune={"runner": "ray"})
    (expected,) = run_stages(local, tune)
    (found,) = run_stages(on_ray, tune)
    assert found["labeler"] == expected["labeler"]
    assert found["best"] == pytest.approx(expected["best"], abs=1e-6)
    (again,) = run_stages(on_ray, tune)
    assert again["best"] == found["best"]


@pytest.mark.ray
@pytest.mark.slow
def test_two_ray_workers_train_what_one_process_trains(tmp_path):
    few = {"seeds": [0], "recipes": ["assume_negative"]}
    local = make_project(tmp_path / "local", train=few)
    spread = make_project(tmp_path / "ray", train={**few, "num_workers": 2})
    for layout in (local, spread):
        run_stages(layout, tune, pseudo_label, train)
    one, two = (Tagger.load(x.tagger("assume_negative", 0)) for x in (local, spread))
    weights = [each.head.state_dict()["weight"].numpy() for each in (two, one)]
    np.testing.assert_allclose(*weights, atol=0.02)
