"""Scores, and paired comparisons against a reference that repeats images one by one."""

from dataclasses import replace

import numpy as np
import pytest

from bench import cell_figures as scoring
from bench.cell import Measured, keep
from bench.compare import SEED_OF_SEEDS, Comparisons, crossed
from bench.rows import Cell, Row
from bench.table import difference_words, markdown, tables
from components.metrics.bootstrap import draw_images
from components.metrics.ranking import average_precision
from components.training.task import Holdout

NUM_IMAGES, NUM_LABELS = 30, 5


def truth_of() -> np.ndarray:
    rng = np.random.default_rng(1)
    truth = rng.random((NUM_IMAGES, NUM_LABELS)) < 0.3
    truth[:, 0] = False  # a label without a test positive is left out
    return truth


def logits_of(method: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng((len(method), seed))
    quality = {"zero_shot": 0.4, "ignore_unknown": 0.8, "efuda": 2.0}[method]
    return (quality * truth_of() + rng.normal(size=(NUM_IMAGES, NUM_LABELS))).astype(np.float32)


def holdout_of() -> Holdout:
    states = np.where(truth_of(), 1, -1).astype(np.int8)
    return Holdout.of(np.zeros((NUM_IMAGES, 1), np.float32), states)


def measured(method: str, seed: int, mask: str = "m") -> Measured:
    logits = logits_of(method, seed)
    states = np.where(truth_of(), 1, -1).astype(np.int8)
    scored = scoring.score(logits, states, logits, holdout_of())
    row = Row(
        cell=Cell(world="cards", protocol="partial:0.5", method=method, seed=seed),
        key=f"{method}{seed}",
        code="c",
        split_hash="s",
        encoder="e",
        mask_hash=f"{mask}{seed}",
        metrics=scored.metrics,
    )
    return Measured(row=row, arrays={f"draws_{n}": d for n, d in scored.draws.items()})


@pytest.fixture
def comparisons(tmp_path) -> Comparisons:
    found = [measured(m, s) for s in (0, 1) for m in ("zero_shot", "ignore_unknown", "efuda")]
    for each in found:
        keep(tmp_path, each)
    return Comparisons(tmp_path, [each.row for each in found])


def slow_map(logits: np.ndarray, counts: np.ndarray) -> float:
    rows = np.repeat(np.arange(NUM_IMAGES), counts.astype(int))
    values = average_precision(logits[rows], truth_of()[rows])
    return float(values[~np.isnan(values)].mean())


def test_draws_are_the_figures_of_repeated_images() -> None:
    counts = draw_images(NUM_IMAGES, scoring.NUM_DRAWS, seed=scoring.DRAW_SEED)
    drawn = measured("efuda", 0).arrays["draws_mAP"]
    for draw in range(15):
        assert drawn[draw] == pytest.approx(slow_map(logits_of("efuda", 0), counts[draw]), abs=1e-5)


def test_paired_differences_match_a_slow_reference(comparisons: Comparisons) -> None:
    counts = draw_images(NUM_IMAGES, scoring.NUM_DRAWS, seed=scoring.DRAW_SEED)
    chosen = np.random.default_rng(SEED_OF_SEEDS).integers(2, size=(2, scoring.NUM_DRAWS))
    slow = [
        np.mean(
            [
                slow_map(logits_of("efuda", seed), counts[draw])
                - slow_map(logits_of("zero_shot", seed), counts[draw])
                for seed in chosen[:, draw]
            ]
        )
        for draw in range(scoring.NUM_DRAWS)
    ]
    groups = {group.method: group for group in comparisons.groups}
    found = comparisons.difference(groups["efuda"], groups["zero_shot"], "mAP")
    assert found is not None
    low, high = np.quantile(slow, [0.025, 0.975])
    assert found.interval.low == pytest.approx(low, abs=1e-5)
    assert found.interval.high == pytest.approx(high, abs=1e-5)
    once = np.ones(NUM_IMAGES)
    expected = np.mean(
        [
            slow_map(logits_of("efuda", s), once) - slow_map(logits_of("zero_shot", s), once)
            for s in (0, 1)
        ]
    )
    assert found.interval.mean == pytest.approx(expected, abs=1e-6)
    assert (found.seeds, found.verdict) == (2, "above")


def test_only_equal_masks_are_paired(tmp_path) -> None:
    ours, theirs = measured("efuda", 0), measured("zero_shot", 0, mask="other")
    for each in (ours, theirs):
        keep(tmp_path, each)
    comparisons = Comparisons(tmp_path, [ours.row, theirs.row])
    assert comparisons.against_baselines() == []
    assert comparisons.ours_against_best() == []


def test_ours_meets_the_best_of_the_others(comparisons: Comparisons) -> None:
    (best,) = comparisons.ours_against_best()
    assert (best.method, best.against) == ("efuda", "ignore_unknown")
    assert difference_words(best).startswith("cards, partial:0.5: Efuda is above ignore-unknown")
    pairs = {(each.method, each.against) for each in comparisons.against_baselines()}
    assert ("ignore_unknown", "zero_shot") in pairs
    assert ("zero_shot", "zero_shot") not in pairs


def test_the_table_marks_the_best_and_leaves_gaps(comparisons: Comparisons, tmp_path) -> None:
    (table,) = tables(comparisons)
    lines = markdown(table).splitlines()
    assert lines[0].startswith("| cards, mAP")
    assert lines[-1].startswith("| Efuda")
    assert "**" in lines[-1]
    assert "**" not in lines[2]
    assert len({len(line) for line in lines}) == 1


def test_one_seed_crosses_to_its_own_draws() -> None:
    draws = np.random.default_rng(0).random((1, 50)).astype(np.float32)
    np.testing.assert_array_equal(crossed(draws), draws[0])


def test_decisions_do_not_depend_on_a_methods_scale(monkeypatch) -> None:
    monkeypatch.setattr(scoring, "MIN_POSITIVES", 1)
    logits = logits_of("efuda", 0)
    plain = scoring.decisions_at_best_f1(logits, logits, holdout_of())
    moved = 40 * logits + np.arange(NUM_LABELS, dtype=np.float32)
    np.testing.assert_array_equal(plain, scoring.decisions_at_best_f1(moved, moved, holdout_of()))
    assert plain.any()


def test_without_a_positive_in_the_holdout_no_tag_is_given() -> None:
    empty = replace(holdout_of(), states=np.full((NUM_IMAGES, NUM_LABELS), -1, np.int8))
    logits = logits_of("efuda", 0)
    assert not scoring.decisions_at_best_f1(logits, logits, empty).any()


def test_a_test_split_of_few_labels_has_no_figure_of_many() -> None:
    states = np.full((NUM_IMAGES, NUM_LABELS), -1, np.int8)
    states[:, 1] = 1
    logits = logits_of("efuda", 0)
    scored = scoring.score(logits, states, logits, holdout_of())
    assert np.isnan(scored.metrics["mAP_many"])
    assert np.isnan(scored.draws["mAP_many"]).all()
    assert scored.metrics["mAP_few"] == 1
