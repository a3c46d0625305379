import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from components.data.examples import read_examples, write_examples
from components.errors import ArtefactError, InputError
from components.labels.meaning import Meaning
from components.labels.tables import read_labels, write_labels
from components.labels.vocabulary import Vocabulary
from components.models.tagger import Tagger
from pipelines.calibrate import stage as calibrate
from pipelines.evaluate import stage as evaluate
from pipelines.evaluate.plots import PER_CLASS, PR_CURVE, RELIABILITY
from project.layout import Layout
from project.report.drawing import Drawing
from project.report.table import render_table
from tests.projects.synthetic import NAMES, NOISE, SEEDS, make_project, settings_of

PAIRS = {
    "assume_negative - zero_shot",
    "ignore_unknown - zero_shot",
    "ignore_unknown - assume_negative",
    "vlpl - zero_shot",
    "vlpl - assume_negative",
    "vlpl - ignore_unknown",
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = make_project(tmp_path, num_images=250)
    calibrate.run(settings_of(), layout)
    return layout


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matplotlib takes longer than everything else in a small project."""
    empty = dict.fromkeys((PER_CLASS, PR_CURVE, RELIABILITY), Drawing("<svg></svg>"))
    monkeypatch.setattr("pipelines.evaluate.stage.draw_charts", lambda *_: empty)


def keep_labels(layout: Layout, keep) -> None:
    """Rewrite the label table with the rows that ``keep(split, label, state)`` likes."""
    split_of = {example.id: example.split for example in read_examples(layout.examples)}
    table = read_labels(layout.labels)
    rows = table.to_pylist()
    mask = [keep(split_of[r["example_id"]], r["label"], r["state"]) for r in rows]
    write_labels(layout.labels, table.filter(mask))


def test_trained_recipes_are_compared_with_the_best_without_training(
    layout: Layout, no_charts, tmp_path: Path
):
    better = Tagger.load(layout.tagger("assume_negative", SEEDS[0]))
    replace(better, recipe="zero_shot_normalised").save(layout.tagger("zero_shot_normalised", 0))
    calibrate.run(settings_of(), layout)
    told = evaluate.run(settings_of(), layout)
    metrics = json.loads(layout.metrics.read_text())
    assert metrics["rival"] == {"recipe": "zero_shot_normalised", "by": "figures"}
    pairs = set(metrics["paired_differences"])
    assert {"zero_shot_normalised - zero_shot", "vlpl - zero_shot_normalised"} <= pairs
    assert "vlpl - zero_shot" not in pairs
    assert "compared with zero-shot, normalised: the best of them" in told["summary"][1]
    page = layout.report_page.read_text(encoding="utf-8")
    assert "VLPL beats zero-shot, normalised by" in page
    assert "The mark is zero-shot, normalised." in page
    assert json.loads(layout.headline.read_text())["untrained"] == "zero_shot_normalised"


def test_figures_of_every_recipe(layout: Layout, no_charts):
    evaluate.run(settings_of(), layout)
    metrics = json.loads(layout.metrics.read_text())
    assert list(metrics["test"]) == list(NOISE)
    for recipe, figures in metrics["test"].items():
        assert set(figures) == {"mAP", "mAP_zero_convention", "CF1", "OF1"}
        for figure in figures.values():
            assert figure["low"] <= figure["mean"] <= figure["high"]
            assert figure["mean"] == pytest.approx(np.mean(figure["seeds"]), abs=1e-6)
            assert len(figure["seeds"]) == (1 if recipe == "zero_shot" else len(SEEDS))
    assert set(metrics["paired_differences"]) == PAIRS
    gap = metrics["paired_differences"]["vlpl - zero_shot"]
    means = {recipe: figures["mAP"]["mean"] for recipe, figures in metrics["test"].items()}
    assert gap["mean"] == pytest.approx(means["vlpl"] - means["zero_shot"], abs=2e-6)
    assert gap["low"] > 0
    assert metrics["num_images"] == 50
    assert metrics["num_classes"] == len(NAMES)
    assert metrics["mode"] == "cached"
    assert metrics["classes_without_positives"] == []
    assert metrics["not_computable"] == []
    assert len(metrics["split_hash"]) == 16
    assert metrics["mask_hash"]


def test_the_same_input_gives_the_same_files(layout: Layout):
    def written() -> dict[str, bytes]:
        evaluate.run(settings_of(), layout)
        paths = [layout.metrics, *sorted(layout.plots.iterdir())]
        return {path.name: path.read_bytes() for path in paths}

    assert written() == written()


def test_proposals_are_audited_against_hidden_labels(layout: Layout, no_charts):
    evaluate.run(settings_of(), layout)
    proposals = json.loads(layout.metrics.read_text())["proposals"]
    hidden = read_labels(layout.hidden_labels).to_pandas()
    assert proposals["recall"] == 1
    expected = (hidden["state"] == 1).sum() / proposals["checked"]
    assert proposals["precision"] == pytest.approx(expected, abs=1e-6)
    write_labels(layout.hidden_labels, read_labels(layout.hidden_labels).slice(0, 0))
    evaluate.run(settings_of(), layout)
    assert json.loads(layout.metrics.read_text())["proposals"] is None
    assert "no label was hidden on purpose" in layout.report_page.read_text()


def test_the_report_stands_alone_and_says_what_happened(layout: Layout):
    report = evaluate.run(settings_of(), layout)
    page = layout.report_page.read_text()
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert not re.search(r"<script|@import|url\((?!#)", page)
    assert "VLPL beats zero-shot by" in page
    assert "single-positive" in page
    assert page.count("data:image/jpeg;base64,") > 20
    assert any("VLPL beats zero-shot by" in line for line in report["summary"])
    with (layout.plots / "per_class_ap.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(NAMES) * len(NOISE)
    for name in ("per_class_ap", "pr_curve", "reliability"):
        assert (layout.plots / f"{name}.svg").read_text().startswith("<?xml")


def test_without_known_negatives_figures_are_called_observed(layout: Layout, no_charts):
    keep_labels(layout, lambda split, _, state: split == "train" or state == 1)
    calibrate.run(settings_of(), layout)
    report = evaluate.run(settings_of(), layout)
    metrics = json.loads(layout.metrics.read_text())
    assert metrics["rule"] == "observed"
    for figures in metrics["test"].values():
        assert set(figures) == {
            "observed_mAP",
            "observed_mAP_zero_convention",
            "observed_CF1",
            "observed_OF1",
        }
    assert "cannot be computed" in metrics["not_computable"][0]
    assert "cannot be computed" in layout.report_page.read_text()
    assert any("observed_mAP" in line for line in report["summary"])


def test_without_any_test_label_nothing_is_claimed(layout: Layout):
    keep_labels(layout, lambda split, *_: split != "test")
    evaluate.run(settings_of(), layout)
    metrics = json.loads(layout.metrics.read_text())
    assert all(figures == {} for figures in metrics["test"].values())
    assert metrics["paired_differences"] == {}
    assert metrics["classes_without_positives"] == list(NAMES)
    assert metrics["not_computable"][0].startswith("Not measured")
    page = re.sub(r"data:[^\"]*", "", layout.report_page.read_text(encoding="utf-8"))
    assert "Not measured: no label is known to be present in the test split" in page
    for figures in ("Average precision of each class", "Curves", "Worst mistakes", "nan"):
        assert figures not in page
    # Unknown cells counted as absent would make a curve of nothing.
    assert (layout.plots / "reliability.csv").read_text().count("\n") == 1
    assert "not measured" in render_table(metrics)


def test_partial_test_labels_and_an_empty_class(layout: Layout, no_charts):
    evaluate.run(settings_of(), layout)
    full = json.loads(layout.metrics.read_text())
    keep_labels(
        layout, lambda split, label, state: split != "test" or label != NAMES[0] or state == -1
    )
    evaluate.run(settings_of(), layout)
    metrics = json.loads(layout.metrics.read_text())
    assert metrics["classes_without_positives"] == [NAMES[0]]
    assert metrics["known_share"] < full["known_share"]
    figures = metrics["test"]["vlpl"]
    ratio = (len(NAMES) - 1) / len(NAMES)
    zeroed, skipped = figures["mAP_zero_convention"]["mean"], figures["mAP"]["mean"]
    assert zeroed == pytest.approx(ratio * skipped, abs=1e-5)


def test_equal_taggers_are_not_distinguishable(layout: Layout, no_charts):
    for seed in SEEDS:
        one = Tagger.load(layout.tagger("zero_shot", 0))
        Tagger(
            recipe="vlpl",
            seed=seed,
            encoder_id=one.encoder_id,
            vocabulary=one.vocabulary,
            head=one.head,
        ).save(layout.tagger("vlpl", seed))
    calibrate.run(settings_of(), layout)
    evaluate.run(settings_of(), layout)
    assert "VLPL is not distinguishable from zero-shot" in layout.report_page.read_text()


def test_what_is_missing_is_named(layout: Layout, no_charts):
    layout.calibration("vlpl", 1).unlink()
    with pytest.raises(ArtefactError, match="does not exist"):
        evaluate.run(settings_of(), layout)
    calibrate.run(settings_of(), layout)
    selection = json.loads(layout.selection.read_text())
    layout.selection.write_text(json.dumps({**selection, "seed": 9}))
    with pytest.raises(ArtefactError, match="not among the taggers"):
        evaluate.run(settings_of(), layout)


def test_a_test_split_without_photographs_is_refused(layout: Layout, no_charts):
    others = [row for row in read_examples(layout.examples) if row.split != "test"]
    write_examples(layout.examples, others)
    with pytest.raises(InputError, match="no photograph"):
        evaluate.run(settings_of(), layout)


def test_the_report_shows_labels_by_the_names_that_people_are_shown(layout, no_charts):
    Vocabulary(NAMES, {NAMES[0]: Meaning(display="rote Scheibe")}).save(layout.vocabulary)
    evaluate.run(settings_of(), layout)
    page = layout.report_page.read_text(encoding="utf-8")
    assert f"rote Scheibe ({NAMES[0]})" in page
    assert f'<span title="{NAMES[0]}">rote Scheibe <span' in page
