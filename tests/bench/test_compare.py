"""Scores, and paired comparisons against a reference that repeats images one by one."""

import numpy as np
import pytest

from bench import cell_figures as scoring
from bench.cell import keep
from bench.compare import SEED_OF_SEEDS, Comparisons, crossed
from bench.table import difference_words
from components.metrics.bootstrap import draw_images
from tests.bench.made_rows import NUM_IMAGES, logits_of, measured, slow_map


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


def test_one_seed_crosses_to_its_own_draws() -> None:
    draws = np.random.default_rng(0).random((1, 50)).astype(np.float32)
    np.testing.assert_array_equal(crossed(draws), draws[0])
