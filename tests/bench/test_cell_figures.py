from dataclasses import replace

import numpy as np
import pytest

from bench import cell_figures as scoring
from components.metrics.bootstrap import draw_images
from tests.bench.made_rows import NUM_IMAGES, NUM_LABELS, holdout_of, logits_of, measured, slow_map


def test_draws_are_the_figures_of_repeated_images() -> None:
    counts = draw_images(NUM_IMAGES, scoring.NUM_DRAWS, seed=scoring.DRAW_SEED)
    drawn = measured("efuda", 0).arrays["draws_mAP"]
    for draw in range(15):
        assert drawn[draw] == pytest.approx(slow_map(logits_of("efuda", 0), counts[draw]), abs=1e-5)


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
