from math import nan

import pytest

from tuning.method_choice import MIN_CHOOSING_IMAGES, choose_method

FIGURES = {"zero_shot": 0.5, "assume_negative": 0.7, "efuda": 0.6}
FEW, ENOUGH = MIN_CHOOSING_IMAGES - 1, MIN_CHOOSING_IMAGES


def test_enough_images_choose_the_best():
    choice = choose_method(FIGURES, ENOUGH)
    assert (choice.method, choice.by) == ("assume_negative", "figures")


def test_few_images_do_not_choose_and_it_is_said_how_many_they_were():
    choice = choose_method(FIGURES, FEW)
    assert (choice.method, choice.by) == ("efuda", "caution")
    assert f"{FEW} labelled hold-out images" in choice.why
    assert "cautious" in choice.why


def test_without_a_cautious_method_zero_shot_is_the_cautious_one():
    assert choose_method({"zero_shot": 0.1, "vlpl": 0.9}, FEW).method == "zero_shot"


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
