import pytest

from components.methods.efuda.settings import EfudaSettings
from tuning.budget import BUDGETS, within_budget
from tuning.trial import Trial


def trials(number):
    return [Trial("efuda", EfudaSettings(pull=float(place))) for place in range(number)]


@pytest.mark.parametrize(
    ("num_labelled", "pulls"),
    [
        (0, [0]),
        (29, [0]),
        (30, [0, 6]),
        (59, [0, 6]),
        (60, [0, 1, 2, 3, 4, 5, 6]),
        (600, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_small_hold_out_gets_few_attempts_and_a_large_one_all(num_labelled, pulls):
    assert [each.settings.pull for each in within_budget(trials(7), num_labelled)] == pulls


@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_more_than_there_are(number):
    for num_labelled, most in ((10, 1), (40, 2), (100, 3)):
        found = within_budget(trials(number), num_labelled)
        assert len(found) == min(number, most)
        assert len(set(found)) == len(found)


def test_a_set_of_under_300_images_is_not_swept():
    at_default_shares = round(0.15 * 299)
    assert all(most <= 2 for below, most in BUDGETS if below > at_default_shares)
    assert len(within_budget(trials(7), at_default_shares)) == 2
