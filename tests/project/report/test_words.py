import pytest

from project.report.table import render_table
from project.report.words import difference_sentence, rival_sentence


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.02, 0.08, "VLPL beats zero-shot by 0.050 mAP [0.020, 0.080]."),
        (-0.01, 0.11, "VLPL is not distinguishable from zero-shot"),
        (0.0, 0.1, "not distinguishable"),
    ],
)
def test_a_difference_needs_its_whole_interval_on_one_side(low: float, high: float, said: str):
    difference = {"mean": (low + high) / 2, "low": low, "high": high}
    assert said in difference_sentence("vlpl - zero_shot", difference)


def test_a_loss_is_said_as_plainly_as_a_win():
    difference = {"mean": -0.05, "low": -0.08, "high": -0.02}
    expected = "VLPL is worse than zero-shot by 0.050 mAP [0.020, 0.080]."
    assert difference_sentence("vlpl - zero_shot", difference) == expected


def test_the_table_shows_what_is_there():
    figure = {"mean": 0.5, "low": 0.4, "high": 0.6, "seeds": [0.45, 0.55]}
    metrics = {
        "rule": "verified",
        "test": {"zero_shot": {"mAP": figure}, "vlpl": {}},
        "paired_differences": {},
    }
    lines = render_table(metrics).splitlines()
    assert lines[0].split() == ["recipe", "mAP", "CF1", "OF1", "mAP", "by", "seed"]
    assert "0.500 [0.400, 0.600]" in lines[1]
    assert lines[1].endswith("0.450 0.550")
    assert lines[2].split() == ["VLPL", "–", "–", "–", "–"]


def test_which_method_without_training_is_the_rival_is_told_where_there_is_a_choice():
    metrics = {"test": {"zero_shot": {}, "two_readings": {}, "vlpl": {}}}
    chosen = rival_sentence({**metrics, "rival": {"recipe": "two_readings", "by": "figures"}})
    assert "Of 2 methods without training" in chosen
    assert "two readings: the best of them on the hold-out" in chosen
    taken = rival_sentence({**metrics, "rival": {"recipe": "two_readings", "by": "order"}})
    assert "written down beforehand" in taken
    assert rival_sentence({**metrics, "rival": None}) == ""
    alone = {"zero_shot": {}, "vlpl": {}}
    assert rival_sentence({"test": alone, "rival": {"recipe": "zero_shot", "by": "order"}}) == ""
