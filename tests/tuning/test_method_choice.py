from math import nan

import pytest

from components.methods.catalog import METHODS
from tuning.method_choice import (
    MIN_CHOOSING_IMAGES,
    WITHOUT_FIGURES,
    best_untrained,
    choose_method,
)

FIGURES = {"zero_shot": 0.5, "assume_negative": 0.7, "efuda": 0.6}
FEW, ENOUGH = MIN_CHOOSING_IMAGES - 1, MIN_CHOOSING_IMAGES


def test_enough_images_choose_the_best():
    choice = choose_method(FIGURES, ENOUGH)
    assert (choice.method, choice.by) == ("assume_negative", "figures")


def test_few_images_do_not_choose_and_it_is_said_how_many_they_were():
    choice = choose_method(FIGURES, FEW)
    assert (choice.method, choice.by) == ("zero_shot", "caution")
    assert f"{FEW} labelled hold-out images" in choice.why
    assert "cautious" in choice.why


def test_of_trained_methods_alone_the_cautious_one_is_taken():
    assert choose_method({"vlpl": 0.9, "efuda": 0.1}, FEW).method == "efuda"


def test_with_neither_there_is_nothing_to_be_cautious_with():
    assert choose_method({"assume_negative": 0.1, "vlpl": 0.9}, FEW).method == "vlpl"


@pytest.mark.parametrize("num_labelled", [0, FEW, ENOUGH])
def test_without_figures_zero_shot_is_taken_as_it_owes_nothing_to_labels(num_labelled):
    choice = choose_method({"efuda": nan, "zero_shot": nan}, num_labelled)
    assert (choice.method, choice.by) == ("zero_shot", "nothing")
    assert choose_method({"efuda": nan}, num_labelled).method == "efuda"


def test_of_equals_the_first_and_of_one_the_one():
    assert choose_method({"zero_shot": 0.5, "efuda": 0.5}, ENOUGH).method == "zero_shot"
    choice = choose_method({"vlpl": 0.5}, FEW)
    assert (choice.method, choice.by) == ("vlpl", "figures")


LADDER = {
    "zero_shot": 0.5,
    "zero_shot_normalised": 0.4,
    "two_readings": 0.3,
    "region_discriminant": 0.6,
    "efuda": 0.9,
}


def test_the_best_without_training_is_that_of_the_best_figure_where_there_are_enough_images():
    assert best_untrained(LADDER, ENOUGH) == "region_discriminant"
    assert best_untrained({**LADDER, "region_discriminant": nan}, ENOUGH) == "zero_shot"
    assert best_untrained({**LADDER, "region_discriminant": None}, ENOUGH) == "zero_shot"


@pytest.mark.parametrize(
    ("figures", "num_labelled"),
    [(LADDER, FEW), (dict.fromkeys(LADDER, nan), ENOUGH), (dict.fromkeys(LADDER), 0)],
)
def test_where_the_hold_out_says_little_an_order_written_down_beforehand_decides(
    figures, num_labelled
):
    assert best_untrained(figures, num_labelled) == "two_readings"
    without_regions = {name: figures[name] for name in ("zero_shot", "zero_shot_normalised")}
    assert best_untrained(without_regions, num_labelled) == "zero_shot_normalised"


def test_there_may_be_none_without_training():
    assert best_untrained({"efuda": 0.4}, ENOUGH) is None
    assert best_untrained({}, 0) is None


def test_the_order_names_every_method_without_training():
    assert set(WITHOUT_FIGURES) == {name for name, row in METHODS.items() if not row.is_trained}


def test_without_figures_the_method_is_the_best_without_training():
    assert choose_method(dict.fromkeys(LADDER, nan), ENOUGH).method == "two_readings"
    trained_rivals = {"zero_shot": 0.5, "two_readings": 0.3, "vlpl": 0.9}
    assert choose_method(trained_rivals, FEW).method == "two_readings"
