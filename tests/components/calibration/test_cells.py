import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.calibration.cells import CrossFitted, calibration_cells, usable_cells
from components.labels.states import ABSENT, PRESENT, UNKNOWN


def world(num_train: int = 60, num_val: int = 30, labels: int = 8, seed: int = 0):
    rng = np.random.default_rng(seed)
    states = np.where(rng.random((num_train + num_val, labels)) < 0.2, PRESENT, ABSENT)
    states = states.astype(np.int8)
    logits = rng.normal(size=states.shape) + 2 * (states == PRESENT)
    return logits[:num_val], states[:num_val], logits[num_val:], states[num_val:]


def test_every_image_counts_once_and_is_read_by_all_that_may() -> None:
    val_logits, val, logits, states = world()
    cross = CrossFitted(holdout=val_logits / 3, training=logits / 3, states=states)
    cells = calibration_cells(val_logits, val == PRESENT, val != UNKNOWN, cross)
    assert cells.num_images == 90
    np.testing.assert_allclose(np.bincount(cells.image, cells.weight), 1)
    np.testing.assert_array_equal(
        cells.positives, (val == PRESENT).sum(axis=0) + (states == PRESENT).sum(axis=0)
    )
    np.testing.assert_array_equal(
        cells.negatives, (val == ABSENT).sum(axis=0) + (states == ABSENT).sum(axis=0)
    )
    # Quieter models are brought to the tagger's own scale.
    np.testing.assert_allclose(cells.logits[:30], cells.logits[30:60])
    np.testing.assert_allclose(cells.logits[60:], logits)


def test_presences_alone_say_nothing_of_how_often() -> None:
    _, val, _, states = world()
    silent = np.where(states == PRESENT, PRESENT, UNKNOWN).astype(np.int8)
    assert not usable_cells(silent, val == PRESENT, val != UNKNOWN).any()


def test_cells_that_were_reviewed_because_they_were_doubtful_do_not_count() -> None:
    _, val, _, states = world(num_train=300)
    seen = np.random.default_rng(1).random(states.shape)
    biased = np.where((states == PRESENT) | (seen < 0.03), states, UNKNOWN).astype(np.int8)
    fair = np.where(seen < 0.5, states, UNKNOWN).astype(np.int8)
    assert not usable_cells(biased, val == PRESENT, val != UNKNOWN).any()
    np.testing.assert_array_equal(
        usable_cells(fair, val == PRESENT, val != UNKNOWN), fair != UNKNOWN
    )


def test_without_a_known_cell_the_holdout_stands_alone() -> None:
    val_logits, val, logits, states = world()
    cross = CrossFitted(holdout=val_logits, training=logits, states=states)
    nothing = np.zeros_like(val, bool)
    assert calibration_cells(val_logits, val == PRESENT, nothing, cross).num_images == len(val)


@given(st.data(), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
def test_any_cells_can_be_put_together(data, num_val: int, num_train: int, labels: int) -> None:
    def drawn(kind, rows: int, elements):
        return data.draw(arrays(kind, (rows, labels), elements=elements))

    score, state = st.sampled_from([-5.0, 0.0, 0.0, 7.0]), st.sampled_from([-1, 0, 1])
    cross = CrossFitted(
        holdout=drawn(float, num_val, score),
        training=drawn(float, num_train, score),
        states=drawn(np.int8, num_train, state),
    )
    val = drawn(np.int8, num_val, state)
    cells = calibration_cells(drawn(float, num_val, score), val == PRESENT, val != UNKNOWN, cross)
    assert np.isfinite(cells.logits).all()
    assert np.bincount(cells.image, cells.weight) == pytest.approx(1)
    assert (cells.positives + cells.negatives <= num_val + num_train).all()
