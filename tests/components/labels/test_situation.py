import numpy as np
import pytest

from components.labels.labelling_advice import labelling_advice
from components.labels.situation import KnownCells, situation_of
from components.labels.situation_words import situation_words

NAMES = ("a", "b", "c")


def cells_of(states, splits=None, implied=None) -> KnownCells:
    """From a matrix; all of train where nothing else is said."""
    states = np.array(states, np.int64)
    rows, columns = np.nonzero(states)
    follows = np.zeros(states.shape, bool) if implied is None else np.array(implied, bool)
    return KnownCells(
        names=NAMES,
        splits=splits or ["train"] * len(states),
        rows=rows,
        columns=columns,
        states=states[rows, columns],
        implied=follows[rows, columns],
    )


@pytest.mark.parametrize(
    ("states", "kind"),
    [
        ([[0, 0, 0]] * 4, "names only"),
        ([[1, 0, 0], [0, 0, 1], [0, 0, 0]], "single-positive"),
        ([[1, 1, 0], [0, 0, 1]], "positives only"),
        ([[1, -1, 1], [-1, -1, 1]], "complete"),
        ([[1, -1, 1], [0, 0, 0], [0, 0, 0]], "few"),
        ([[1, -1, 0], [0, 0, 1]], "partial"),
    ],
)
def test_the_kind_is_read_off_the_training_cells(states, kind):
    assert situation_of(cells_of(states)).kind == kind


def test_what_follows_from_parents_makes_no_other_kind():
    states, implied = [[1, 1, 0], [0, 1, 1]], [[False, True, False], [False, True, False]]
    assert situation_of(cells_of(states)).kind == "positives only"
    found = situation_of(cells_of(states, implied=implied))
    assert (found.kind, found.num_implied) == ("single-positive", 2)
    assert found.splits["train"].present.tolist() == [1, 2, 1]


def test_captions_are_told_by_prepare():
    assert situation_of(cells_of([[1, 0, 0]]), from_captions=True).kind == "captions"


def test_each_sign_is_counted_by_label_and_split():
    states = [[1, -1, 0], [1, 0, 0], [-1, 1, 1], [0, 0, 0]]
    found = situation_of(cells_of(states, ["train", "train", "val", "test"]))
    assert found.splits["train"].present.tolist() == [2, 0, 0]
    assert found.splits["train"].absent.tolist() == [0, 1, 0]
    assert found.splits["val"].num_labelled == 1
    assert (found.splits["test"].num_photos, found.splits["test"].num_labelled) == (1, 0)
    assert (found.num_complete, found.num_with_absences) == (1, 1)
    assert found.mean_present == 2


def words(situation, *, verified=True):
    told = situation_words(situation, min_positives=10, verified=verified)
    return " ".join(told.found), " ".join(told.follows), " ".join(told.unknown)


def test_single_positives_are_told_with_what_silence_means_and_what_stays_unknown():
    found, follows, unknown = words(situation_of(cells_of([[1, 0, 0], [0, 1, 0]])), verified=False)
    assert "Single-positive" in found
    assert "Silence means unknown: no absence is known of any label." in found
    assert "Nothing can be calibrated" in follows
    assert "How often a given tag is wrong: no absence is known anywhere." in unknown
    assert "the most frequent label of a photograph or any: too few" in unknown
    assert "the largest thing" in unknown


def test_a_class_bias_is_told():
    rng = np.random.default_rng(0)
    whole = np.where(rng.random((200, 3)) < (0.8, 0.5, 0.2), 1, -1)
    train = np.where(rng.random((200, 3)) < (0.8, 0.5, 0.2), 1, 0)
    train *= np.cumsum(train, axis=1) == 1
    found = situation_of(cells_of([*train, *whole], ["train"] * 200 + ["val"] * 200))
    assert found.kept is not None
    assert found.kept.verdict == "frequent"
    told, follows, unknown = words(found)
    assert "Class-biased: the more frequent of a photograph's labels is the one given" in told
    assert "200 labelled hold-out photographs" in follows
    assert "most frequent label" not in unknown


def test_complete_labels_leave_nothing_to_propose():
    states = [[1, -1, 1], [-1, 1, -1], [1, 1, 1]] * 20
    splits = (["train"] * 3 + ["val"] * 3 + ["test"] * 3) * 7
    found, follows, unknown = words(situation_of(cells_of(states, splits[:60])))
    assert "Silence means absence: every labelled photograph says yes or no" in found
    assert "nothing to propose" in follows
    assert unknown == ""


def test_advice_comes_in_the_order_of_its_use():
    nothing = [[0, 0, 0]] * 100
    splits = ["train"] * 60 + ["val"] * 20 + ["test"] * 20
    told = [each.what for each in labelling_advice(situation_of(cells_of(nothing, splits)))]
    assert told == [
        "label 20 more hold-out photographs (0 are, 30 would do)",
        "label 50 training photographs, chosen at random",
        "label 20 more test photographs (0 are)",
    ]


def test_absences_and_rare_labels_are_asked_for_by_name():
    states = [[1, 0, 0]] * 40 + [[1, 0, 0]] * 20 + [[0, 1, 0]] * 12 + [[1, -1, 0]] * 30
    splits = ["train"] * 40 + ["val"] * 32 + ["test"] * 30
    advice = labelling_advice(situation_of(cells_of(states, splits)))
    assert [each.labels for each in advice] == [("a", "b"), ("b", "c")]
    assert "absences of these labels in the hold-out: a, b" in advice[0].what
    assert "fewer than 3 positives: b, c" in advice[1].what


def test_where_nothing_is_short_there_is_no_advice():
    states = [[1, -1, 1], [-1, 1, -1]] * 60
    splits = ["train"] * 40 + ["val"] * 40 + ["test"] * 40
    assert labelling_advice(situation_of(cells_of(states, splits))) == []


def test_a_hold_out_without_photographs_is_told_of():
    [first, *_] = labelling_advice(situation_of(cells_of([[1, 0, 0]] * 10)))
    assert "the hold-out has 0 photographs" in first.what
    assert "splits.val" in first.what
