"""One palette, in which everything that is compared can be told apart."""

from collections import Counter

from components.methods.catalog import METHODS, Colour
from project.report.style import (
    METHOD_LOOKS,
    PALETTE,
    SOFT,
    colour_variables,
    method_look,
)


def test_every_method_has_its_own_colour_and_marker():
    assert list(METHOD_LOOKS) == list(METHODS)
    for part in (
        lambda look: look.colour.light,
        lambda look: look.colour.dark,
        lambda look: look.marker,
    ):
        assert max(Counter(map(part, METHOD_LOOKS.values())).values()) == 1


def test_baselines_are_dashed_and_what_is_strong_is_drawn_through():
    for name, look in METHOD_LOOKS.items():
        assert (look.line()["linestyle"] != "-") == METHODS[name].is_baseline
        strong, plain = look.line(strong=True), look.line()
        assert strong["linestyle"] == "-"
        assert strong["linewidth"] > plain["linewidth"]
        assert strong["zorder"] > plain["zorder"]


def test_a_light_colour_has_one_dark_one():
    pairs = {*PALETTE.values(), *(row.colour for row in METHODS.values())}
    assert len(pairs) == len({pair.light for pair in pairs})


def test_a_recipe_that_left_the_catalog_is_grey_under_its_own_name():
    assert method_look("older").title == "older"
    assert method_look("vlpl").title == "VLPL"


def test_variables_for_both_grounds():
    css = colour_variables({"soft": Colour(SOFT, "#a2a4ac")}, "x-")
    light, _, dark = css.partition("prefers-color-scheme: dark")
    assert f"--x-soft: {SOFT};" in light
    assert "--x-soft: #a2a4ac;" in dark
