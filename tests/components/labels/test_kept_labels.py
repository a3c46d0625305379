import numpy as np
import pytest

from components.labels.kept_labels import MIN_PHOTOS, kept_labels

NUM_LABELS = 12


def drawn(keep, *, seed: int = 0, num_whole: int = 300):
    """One label of each of 1,500 photographs, kept by a rule, beside fully known ones."""
    rng = np.random.default_rng(seed)
    frequency = np.linspace(0.05, 0.5, NUM_LABELS)
    present = rng.random((1500 + num_whole, NUM_LABELS)) < frequency
    present[~present.any(axis=1), 0] = True
    rows = [np.flatnonzero(row) for row in present]
    whole, others = rows[:num_whole], rows[num_whole:]
    return np.array([keep(rng, row) for row in others]), whole


def fair(rng, labels):
    return rng.choice(labels)


def test_a_fair_draw_is_told_from_the_most_and_the_least_frequent():
    wrong = [
        kept_labels(*drawn(fair, seed=seed), NUM_LABELS).verdict != "fair" for seed in range(12)
    ]
    assert sum(wrong) <= 1
    most = kept_labels(*drawn(lambda _, labels: labels[-1]), NUM_LABELS)
    assert (most.verdict, most.place) == ("frequent", pytest.approx(1, abs=0.15))
    least = kept_labels(*drawn(lambda _, labels: labels[0]), NUM_LABELS)
    assert least.verdict == "rare"
    assert least.place is not None
    assert least.place < -0.5


def test_a_half_biased_draw_lies_between():
    half = kept_labels(
        *drawn(lambda rng, labels: labels[-1] if rng.random() < 0.5 else rng.choice(labels)),
        NUM_LABELS,
    )
    assert half.verdict == "frequent"
    assert half.place == pytest.approx(0.5, abs=0.15)


def test_too_few_photographs_say_nothing():
    kept, whole = drawn(fair, num_whole=MIN_PHOTOS - 1)
    found = kept_labels(kept, whole, NUM_LABELS)
    assert (found.verdict, found.place) == ("unknown", None)
    assert kept_labels(kept, [], NUM_LABELS).verdict == "unknown"


def test_labels_of_one_frequency_leave_no_line():
    whole = [np.array([0, 1]), np.array([0, 1])] * MIN_PHOTOS
    found = kept_labels(np.zeros(60, np.int64), whole, 2)
    assert (found.verdict, found.place) == ("fair", 0.0)
