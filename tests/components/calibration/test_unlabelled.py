import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.calibration.calibration import Calibration
from components.calibration.unlabelled import PRIOR_IMAGES, STANDS_OUT, standardised


def drawn(num_images=400, num_labels=5, seed=0):
    random = np.random.default_rng(seed)
    level = random.normal(size=num_labels) * 10
    spread = random.uniform(0.5, 3, size=num_labels)
    return level + spread * random.normal(size=(num_images, num_labels))


def names_of(logits):
    return [f"label {column}" for column in range(logits.shape[1])]


def test_a_tag_is_given_that_far_above_the_labels_own_average():
    logits = drawn()
    mean, variance = logits.mean(axis=0), logits.var(axis=0)
    spread = np.sqrt((400 * variance + PRIOR_IMAGES * variance.mean()) / (400 + PRIOR_IMAGES))
    found = standardised(logits, names_of(logits))
    decided = found.decide(found.probabilities(logits))
    np.testing.assert_array_equal(decided, logits >= mean + STANDS_OUT * spread)
    assert (decided.mean(axis=0) > 0.05).all()
    assert (decided.mean(axis=0) < 0.16).all()


@given(st.floats(-1e3, 1e3), st.floats(1e-2, 1e2))
def test_level_and_scale_of_an_encoder_do_not_matter(shift, factor):
    logits = drawn(num_images=30)
    ours = standardised(logits, names_of(logits)).probabilities(logits)
    moved = factor * logits + shift
    theirs = standardised(moved, names_of(moved)).probabilities(moved)
    np.testing.assert_allclose(theirs, ours, atol=1e-5)


@pytest.mark.parametrize("num_images", [1, 2, 7])
def test_few_or_equal_pictures_give_finite_scores_and_no_tag(num_images):
    logits = np.tile([[3.0, -2.0]], (num_images, 1))
    found = standardised(logits, ["dog", "cat"])
    scores = found.probabilities(logits)
    assert np.isfinite(scores).all()
    assert not found.decide(scores).any()


def test_one_label_works_alone():
    logits = drawn(num_labels=1)
    found = standardised(logits, ["dog"])
    assert 0 < found.decide(found.probabilities(logits)).mean() < 0.5


def test_it_says_that_it_is_no_calibration_and_is_kept_so(tmp_path):
    found = standardised(drawn(), [f"label {column}" for column in range(5)])
    assert not found.is_calibrated
    assert set(found.source) == {"none"}
    found.save(tmp_path / "calibration.json")
    assert not Calibration.load(tmp_path / "calibration.json").is_calibrated
