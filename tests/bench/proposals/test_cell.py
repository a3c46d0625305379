import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.proposals.cross_fit import SELECTED
from bench.proposals.ranking import RECALLS, Ranking
from bench.world import save_world
from components.errors import InputError
from examples.worlds import catalog
from tests.bench.proposals.made_world import measured
from tests.bench.tiny_world import tiny_world
from tests.efuda.called import call

FIGURES = {"recall_at_equal_precision", "recall_gain", "precision", "recall"}


@pytest.mark.parametrize("method", ["softmax", "evidence", "cap", SELECTED])
def test_every_labeler_gives_complete_rows(world, method: str) -> None:
    found = measured(method, world)
    assert found.row.status == "ok"
    assert set(found.row.metrics) >= FIGURES
    assert found.row.features == "cached"
    assert len(found.row.mask_hash) == len(found.row.split_hash) == 64
    for name in FIGURES:
        value = found.row.metrics[name]
        assert -1 <= value <= 1 or (name == "precision" and np.isnan(value))
        assert found.arrays[f"draws_{name}"].shape == (1000,)
    assert found.arrays["precision"].shape == RECALLS.shape


def test_the_softmax_gains_nothing_on_itself_and_is_decided_at_its_published_threshold(
    seen, world
) -> None:
    found = measured("softmax", world)
    assert found.row.metrics["recall_gain"] == 0
    assert not found.arrays["draws_recall_gain"].any()
    rows = np.flatnonzero(seen.measured)
    logits = seen.vectors @ seen.label_vectors.T / seen.temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    proposed = (weights / weights.sum(axis=1, keepdims=True) > 0.3)[rows]
    right = proposed & seen.truth[rows]
    assert found.row.metrics["precision"] == pytest.approx(right.sum() / proposed.sum())
    assert found.row.metrics["recall"] == pytest.approx(right.sum() / seen.truth[rows].sum())


def test_who_proposes_nothing_has_no_precision(world, monkeypatch) -> None:
    monkeypatch.setattr(Ranking, "threshold_for", lambda *_: np.inf)
    found = measured("platt", world)
    assert found.row.metrics["recall"] == 0
    assert np.isnan(found.row.metrics["precision"])
    assert found.row.as_json()["metrics"]["precision"] is None


def test_masks_are_shared_by_labelers_and_differ_by_seed(world) -> None:
    one, same, other = (
        measured(method, world, seed).row.mask_hash
        for method, seed in (("softmax", 0), ("evidence", 0), ("softmax", 1))
    )
    assert one == same != other


def test_a_world_without_statistics_says_so() -> None:
    row = measured("evidence", replace(tiny_world(), name="clip_vitb16")).row
    assert "no label statistics" in row.status


def test_rows_table_page_and_plots(world, tmp_path: Path, monkeypatch, capsys) -> None:
    folder = tmp_path / "world"
    save_world(world, folder)
    monkeypatch.setattr(catalog, "make_world", lambda *_: folder)
    asked = ["--world", "clip_vitb16", "--method", "softmax", "--method", "platt"]
    lines = tmp_path / "rows.jsonl"
    out = tmp_path / "out"
    assert call("bench", *asked, "--seeds", 2, "--local", "--out", out, "--json", lines) == 0
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert {(row["protocol"], row["method"], row["seed"]) for row in rows} == {
        ("proposals", method, seed) for method in ("softmax", "platt") for seed in (0, 1)
    }
    assert "| clip_vitb16, recall_at_equal_precision" in capsys.readouterr().out
    page = (out / "bench.html").read_text()
    assert "Precision over recall" in page
    assert "every method against softmax (VLPL)" in page
    assert "Efuda against the best" not in page
    plots = {path.name for path in (out / "plots").iterdir()}
    assert "clip_vitb16-recall_at_equal_precision-proposals.svg" in plots


def test_nothing_to_measure_names_what_there_is(tmp_path: Path, monkeypatch, world) -> None:
    folder = tmp_path / "world"
    save_world(world, folder)
    monkeypatch.setattr(catalog, "make_world", lambda *_: folder)
    for asked in (["--protocol", "single-positive"], ["--method", "vlpl"]):
        with pytest.raises(InputError, match="clip_vitb16: proposals"):
            call("bench", "--world", "clip_vitb16", *asked, "--out", tmp_path / "out")
