"""Protocol ``proposals`` of the bench, on made-up images and on real CLIP vectors."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.cell import Measured, cell_key, measure_cell
from bench.grid import kinds_of, protocols_of
from bench.proposals.candidates import candidates
from bench.proposals.cross_fit import SELECTED, rank
from bench.proposals.protocols import halves, known_states
from bench.proposals.ranking import RECALLS, Ranking
from bench.proposals.world import ProposalWorld, proposal_world
from bench.protocols import DEFAULT
from bench.rows import Cell
from bench.world import World, open_world, save_world
from components.errors import InputError
from components.labelers.cooccurrence import LabelStatistics
from examples.worlds import catalog
from examples.worlds.clip_vectors import bench_world
from tests.bench.tiny_world import tiny_world
from tests.efuda.called import call

LABELS, EMBED, IMAGES = 8, 12, 60
FIGURES = {"recall_at_equal_precision", "recall_gain", "precision", "recall"}


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def given() -> ProposalWorld:
    rng = np.random.default_rng(3)
    names = unit(rng.normal(size=(LABELS, EMBED)))
    truth = rng.random((IMAGES, LABELS)) < 0.4
    truth[np.arange(IMAGES), rng.integers(LABELS, size=IMAGES)] = True
    others = np.where(rng.random((300, LABELS)) < 0.4, 1, -1).astype(np.int8)
    return ProposalWorld(
        vectors=unit(truth @ names + rng.normal(0, 0.25, (IMAGES, EMBED))),
        label_vectors=names,
        temperature=0.1,
        truth=truth,
        ids=tuple(str(n) for n in range(IMAGES)),
        names=tuple(f"thing {n}" for n in range(LABELS)),
        statistics=LabelStatistics.of(others),
        num_other_images=300,
    )


@pytest.fixture(scope="module")
def world(given, tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("clip") / "world"
    save_world(bench_world(given, "made up"), folder)
    return open_world(folder)


def measured(method: str, world: World, seed: int = 0) -> Measured:
    cell = Cell(world="clip_vitb16", protocol="proposals", method=method, seed=seed)
    return measure_cell(cell, world, key=cell_key(cell, world, "code"), code="code")


def test_a_saved_world_shows_labelers_the_same(given, world) -> None:
    found = proposal_world(world)
    np.testing.assert_array_equal(found.vectors, given.vectors)
    np.testing.assert_array_equal(found.truth, given.truth)
    np.testing.assert_array_equal(found.statistics.together, given.statistics.together)
    assert found.num_other_images == given.num_other_images
    assert found.ids == given.ids


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
    given, world
) -> None:
    found = measured("softmax", world)
    assert found.row.metrics["recall_gain"] == 0
    assert not found.arrays["draws_recall_gain"].any()
    rows = np.flatnonzero(given.measured)
    logits = given.vectors @ given.label_vectors.T / given.temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    proposed = (weights / weights.sum(axis=1, keepdims=True) > 0.3)[rows]
    right = proposed & given.truth[rows]
    assert found.row.metrics["precision"] == pytest.approx(right.sum() / proposed.sum())
    assert found.row.metrics["recall"] == pytest.approx(right.sum() / given.truth[rows].sum())


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


def test_a_labeler_measured_alone_is_the_same_as_among_others(given) -> None:
    found = candidates(observed=False, negatives=True)
    few = {name: found[name] for name in ("softmax", "evidence")}
    alone = rank(given, "labelled_half", few, seed=2, deciding="evidence")
    more = few | {name: found[name] for name in ("platt", "prototype:20")}
    among = rank(given, "labelled_half", more, seed=2, deciding=SELECTED)
    np.testing.assert_array_equal(
        alone.rankings["evidence"].scores, among.rankings["evidence"].scores
    )
    assert len(among.chosen) == 2
    assert set(among.chosen) <= set(more)


def test_the_truth_of_the_measured_half_teaches_nothing(given) -> None:
    labelled, other = halves(IMAGES, seed=0)
    changed = given.truth.copy()
    changed[other] = ~changed[other]
    states, same = (
        known_states(truth, labelled, "labelled_half", seed=0) for truth in (given.truth, changed)
    )
    np.testing.assert_array_equal(states, same)
    assert not states[other].any()


def test_a_world_without_statistics_says_so() -> None:
    row = measured("evidence", replace(tiny_world(), name="clip_vitb16")).row
    assert "no label statistics" in row.status


def test_only_worlds_with_statistics_are_asked_for_proposals(world) -> None:
    assert protocols_of(kinds_of(world), DEFAULT) == ("proposals",)
    assert "proposals" not in protocols_of(kinds_of(tiny_world()), DEFAULT)


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
