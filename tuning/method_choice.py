"""Which method is taken: the hold-out's favourite, or where that says little the cautious one.

A handful of hold-out images likes one method or another by luck, and what it likes was often
worse than zero-shot on other pictures; the most cautious method was not once
(docs/results/no-labels.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Literal

from components.methods.catalog import METHODS

MIN_CHOOSING_IMAGES = 30
"""Labelled hold-out images from which on methods are compared by them."""


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """The method that is taken, and how it came to be."""

    method: str
    by: Literal["figures", "caution", "nothing"]
    """The best figure; too few images to ask; or no figure at all."""
    why: str
    """Goes on after the method's name, without a full stop."""


def choose_method(figures: Mapping[str, float], num_labelled: int) -> MethodChoice:
    """Take one of several methods; of equals the first.

    Args:
        figures: Hold-out mAP by method, in the order of the catalog; NaN where it is not
            measured. Not empty.
        num_labelled: Hold-out images of which at least one cell is known.

    Example:
        >>> choose_method({"zero_shot": 0.4, "vlpl": 0.6, "efuda": 0.5}, 12).method
        'efuda'
        >>> choose_method({"zero_shot": 0.4, "vlpl": 0.6, "efuda": 0.5}, 40).method
        'vlpl'
    """
    measured = {method: figure for method, figure in figures.items() if not isnan(figure)}
    if not measured:
        why = "taken without a comparison: no label is known to be present in the hold-out"
        return MethodChoice(_untrained(figures) or next(iter(figures)), "nothing", why)
    cautious = _cautious(measured) or _untrained(measured)
    if num_labelled < MIN_CHOOSING_IMAGES and cautious and len(measured) > 1:
        why = (
            f"the most cautious of {len(measured)}, taken without a comparison: "
            f"{num_labelled} labelled hold-out images say too little, "
            f"{MIN_CHOOSING_IMAGES} would choose"
        )
        return MethodChoice(cautious, "caution", why)
    best = max(measured, key=lambda method: measured[method])
    return MethodChoice(best, "figures", f"chosen on {num_labelled} labelled hold-out images")


def _cautious(figures: Mapping[str, float]) -> str | None:
    return next((name for name in figures if name in METHODS and METHODS[name].is_cautious), None)


def _untrained(figures: Mapping[str, float]) -> str | None:
    names = (name for name in figures if name in METHODS and not METHODS[name].is_trained)
    return next(names, None)
