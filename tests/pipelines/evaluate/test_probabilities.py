from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from components.calibration.unlabelled import standardised
from pipelines.evaluate.probabilities import (
    THIN_POSITIVES,
    ProbabilityFigures,
    band_rows,
    probability_figures,
)
from pipelines.evaluate.tagger_scores import ScoredTagger, TestSplit

NAMES = ("cat", "dog")


def figures(support: tuple[int, int] = (9, 2)) -> ProbabilityFigures | None:
    probabilities = np.array([[0.9, 0.1], [0.7, 0.02], [0.03, 0.5], [0.9, 0.9]])
    truth = np.array([[True, False], [False, False], [False, True], [True, True]])
    known = np.array([[True, True], [True, True], [True, True], [True, False]])
    calibration = SimpleNamespace(is_calibrated=True, positives=np.array(support))
    test = SimpleNamespace(
        can_measure=True,
        truth=truth,
        known=known,
        vocabulary=SimpleNamespace(names=NAMES),
    )
    chosen = SimpleNamespace(
        calibration=calibration, probabilities=probabilities, decided=probabilities >= 0.4
    )
    return probability_figures(cast(TestSplit, test), cast(ScoredTagger, chosen))


def test_given_tags_are_held_against_what_is_known_of_them() -> None:
    found = figures()
    assert found is not None
    assert found.given is not None
    # Known and given: 0.9, 0.7 and 0.9 of cat, 0.5 of dog; the second is wrong.
    assert found.given.count == 4
    assert found.given.mean_probability == pytest.approx(0.75)
    assert found.given.precision == 0.75
    cat, dog = found.labels
    assert (cat.expected, cat.positives) == (pytest.approx(2.53), 2)
    assert dog.given is not None
    assert dog.given.gap == pytest.approx(-0.5)


def test_a_band_tells_its_own_error_where_one_pooled_figure_would_hide_it() -> None:
    found = figures()
    assert found is not None
    bands = {row["low"]: row for row in band_rows(found.bands)}
    assert sum(row["count"] for row in bands.values()) == 7
    assert bands[0.6]["error"] == pytest.approx(0.7)
    assert bands[0.2]["error"] is None
    assert found.to_dict()["given_tags"]["gap"] == pytest.approx(0)
    assert all(row["count"] for row in found.to_dict()["bands"])


def test_labels_of_thin_support_are_named() -> None:
    found = figures()
    assert found is not None
    assert found.thin == ["dog"]
    assert f"Fewer than {THIN_POSITIVES} known positives" in (found.warning or "")
    enough = figures((9, THIN_POSITIVES))
    assert enough is not None
    assert enough.warning is None


def test_scores_that_nothing_calibrated_are_not_measured(tmp_path: Path) -> None:
    chosen = SimpleNamespace(calibration=standardised(np.zeros((3, 2)), NAMES))
    test = SimpleNamespace(can_measure=True)
    assert probability_figures(cast(TestSplit, test), cast(ScoredTagger, chosen)) is None
