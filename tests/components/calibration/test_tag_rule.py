from dataclasses import replace

import numpy as np

from components.calibration.calibration import Calibration
from components.calibration.tag_rule import TagRule
from components.labels.meaning import Meaning
from components.labels.vocabulary import Vocabulary

NAMES = ("sparrow", "bird", "car")
FAMILY = Vocabulary(NAMES, {"sparrow": Meaning(parents=("bird",))})


def calibration(threshold: tuple[float, float, float]) -> Calibration:
    ones = np.ones(3)
    return Calibration(
        names=NAMES,
        slope=ones,
        intercept=0 * ones,
        threshold=np.array(threshold),
        threshold_low=ones,
        threshold_high=ones,
        f_beta=ones,
        positives=np.full(3, 9),
        negatives=np.full(3, 9),
        holdout_positives=np.full(3, 9),
        source=("class",) * 3,
    )


def test_a_child_is_at_most_as_probable_as_its_parent_and_brings_it_along():
    rule = TagRule(calibration((0.3, 0.9, 0.5)), FAMILY)
    logits = np.array([[2.0, 0.0, 1.0], [-3.0, 0.0, -1.0]])
    probabilities = rule.probabilities(logits)
    alone = rule.calibration.probabilities(logits)
    np.testing.assert_array_equal(probabilities[0], [0.5, 0.5, alone[0, 2]])
    np.testing.assert_array_equal(probabilities[1], alone[1])
    assert rule.given(probabilities).tolist() == [[True, True, True], [False, False, False]]


def test_scores_without_a_calibration_are_left_as_they_are():
    mere = replace(calibration((0.3, 0.9, 0.5)), source=("none",) * 3)
    logits = np.array([[2.0, 0.0, 1.0]])
    rule = TagRule(mere, FAMILY)
    np.testing.assert_array_equal(rule.probabilities(logits), mere.probabilities(logits))
    assert rule.given(rule.probabilities(logits)).tolist() == [[True, True, True]]


def test_without_parents_nothing_changes():
    plain = TagRule(calibration((0.3, 0.9, 0.5)), Vocabulary(NAMES))
    logits = np.array([[2.0, 0.0, 1.0]])
    found = plain.probabilities(logits)
    np.testing.assert_array_equal(found, plain.calibration.probabilities(logits))
    np.testing.assert_array_equal(plain.given(found), plain.calibration.decide(found))
