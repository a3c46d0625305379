import json
from pathlib import Path

import pytest

from components.data.examples import read_examples
from components.labelers.proposal_table import read_proposals
from components.labels.tables import read_labels, write_labels
from pipelines.calibrate import stage as calibrate
from pipelines.evaluate import stage as evaluate
from pipelines.evaluate.plots import PER_CLASS, PR_CURVE, RELIABILITY
from pipelines.evaluate.tagger_scores import score_all
from project.layout import Layout
from project.report.drawing import Drawing
from tests.projects.synthetic import make_project, settings_of

MOST = 12


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    empty = dict.fromkeys((PER_CLASS, PR_CURVE, RELIABILITY), Drawing("<svg></svg>"))
    monkeypatch.setattr("pipelines.evaluate.stage.draw_charts", lambda *_: empty)
    layout = make_project(tmp_path, num_images=260)
    calibrate.run(settings_of(), layout)
    return layout


def read(path: Path):
    return json.loads(path.read_text())


def test_the_headline_holds_what_the_other_files_say(layout: Layout):
    evaluate.run(settings_of(), layout)
    told, test = read(layout.headline), read(layout.metrics)["test"]
    chosen = read(layout.selection)
    assert told["recipe"] == chosen["recipe"] == "vlpl"
    assert len(told) <= MOST
    words = {key for key, value in told.items() if not isinstance(value, int | float)}
    assert words == {"recipe", "untrained"}
    figure = test["vlpl"]["mAP"]
    assert [told[name] for name in ("mAP", "mAP_low", "mAP_high")] == [
        figure[name] for name in ("mean", "low", "high")
    ]
    assert told["CF1"] == test["vlpl"]["CF1"]["mean"]
    assert told["untrained"] == "zero_shot"
    assert told["untrained_mAP"] == test["zero_shot"]["mAP"]["mean"]
    states = read_proposals(layout.proposals).column("state").to_pylist()
    assert told["proposed_present"] == states.count(1) > 0
    assert told["quarantined"] > 0


def test_labels_above_untrained_and_the_error_are_those_of_the_bundles_tagger(layout: Layout):
    evaluate.run(settings_of(), layout)
    told, chosen = read(layout.headline), read(layout.selection)
    _, _, scored = score_all(layout)
    by_name = {(one.file.recipe, one.file.seed): one for one in scored}
    ours = by_name[chosen["recipe"], chosen["seed"]].average_precision
    theirs = by_name["zero_shot", 0].average_precision
    above = sum(a > b for a, b in zip(ours, theirs, strict=True))
    assert told["labels_above_untrained"] == above > 0
    assert 0 < told["calibration_error"] < 0.5


def test_what_cannot_be_computed_is_left_out(layout: Layout):
    split_of = {example.id: example.split for example in read_examples(layout.examples)}
    table = read_labels(layout.labels)
    kept = [split_of[row["example_id"]] != "test" for row in table.to_pylist()]
    write_labels(layout.labels, table.filter(kept))
    evaluate.run(settings_of(), layout)
    told = read(layout.headline)
    assert [name for name in told if name.endswith(("mAP", "calibration_error"))] == []
    assert "NaN" not in layout.headline.read_text()
    assert told["labels_above_untrained"] == 0
