"""Which method is taken: the hold-out's favourite, or where that says little the cautious one.

A handful of hold-out images likes one method or another by luck, and what it likes was often
worse than zero-shot on other pictures; the most cautious trained method was better than the
best untrained one as often as not (docs/results/no-labels.md). So the latter is taken.

What every trained method is read against is decided here too: the best of the methods that
need no training.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal

from components.methods.catalog import METHODS

MIN_CHOOSING_IMAGES = 30
"""Labelled hold-out images from which on methods are compared by them."""

WITHOUT_FIGURES = ("two_readings", "zero_shot_normalised", "zero_shot", "region_discriminant")
"""Of the methods that need no training the first that there is, where the hold-out does not say:
both readings where there are regions, else names and images compared with each other. The
discriminant comes last, since with few photographs it has few examples."""


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
        'zero_shot'
        >>> choose_method({"zero_shot": 0.4, "vlpl": 0.6, "efuda": 0.5}, 40).method
        'vlpl'
    """
    measured = {method: figure for method, figure in figures.items() if not isnan(figure)}
    if not measured:
        why = "taken without a comparison: no label is known to be present in the hold-out"
        untrained = best_untrained(figures, num_labelled)
        return MethodChoice(untrained or next(iter(figures)), "nothing", why)
    cautious = best_untrained(measured, num_labelled) or _cautious(measured)
    if num_labelled < MIN_CHOOSING_IMAGES and cautious and len(measured) > 1:
        why = (
            f"the most cautious of {len(measured)}, taken without a comparison: "
            f"{num_labelled} labelled hold-out images say too little, "
            f"{MIN_CHOOSING_IMAGES} would choose"
        )
        return MethodChoice(cautious, "caution", why)
    best = max(measured, key=lambda method: measured[method])
    return MethodChoice(best, "figures", f"chosen on {num_labelled} labelled hold-out images")


@dataclass(frozen=True, slots=True)
class Rival:
    """What every trained method is read against: the best of those that need no training."""

    method: str
    by: Literal["figures", "order"]
    """The best figure, or an order written down beforehand."""


def untrained_rival(figures: Mapping[str, float | None], num_labelled: int) -> Rival | None:
    """The best of the methods that need no training; None if there is none among them.

    With enough hold-out images it is the one with the best figure, of equals the first; else
    the first of ``WITHOUT_FIGURES``, an order that no data was asked for.

    Args:
        figures: Hold-out mAP by method, in the order of the catalog; NaN or None where it is
            not measured. Methods that are trained are passed over.
        num_labelled: Hold-out images of which at least one cell is known.

    Example:
        >>> untrained_rival({"zero_shot": 0.5, "two_readings": 0.4, "efuda": 0.6}, 40).method
        'zero_shot'
        >>> untrained_rival({"zero_shot": 0.5, "two_readings": 0.4, "efuda": 0.6}, 12).method
        'two_readings'
    """
    measured = {
        name: figure
        for name, figure in figures.items()
        if name in WITHOUT_FIGURES and figure is not None and not isnan(figure)
    }
    if num_labelled >= MIN_CHOOSING_IMAGES and measured:
        return Rival(max(measured, key=lambda name: measured[name]), "figures")
    first = next((name for name in WITHOUT_FIGURES if name in figures), None)
    return Rival(first, "order") if first else None


def rival_in(selection: Mapping[str, Any]) -> Rival | None:
    """The rival among the taggers that calibrate measured on the hold-out.

    Args:
        selection: The content of selection.json.
    """
    recipes: Mapping[str, Mapping[str, float | None]] = selection["recipes"]
    figures = {name: figure["mAP"] for name, figure in recipes.items()}
    return untrained_rival(figures, selection.get("num_labelled", 0))


def best_untrained(figures: Mapping[str, float | None], num_labelled: int) -> str | None:
    """The name of :func:`untrained_rival`."""
    rival = untrained_rival(figures, num_labelled)
    return rival.method if rival else None


def _cautious(figures: Mapping[str, float]) -> str | None:
    return next((name for name in figures if name in METHODS and METHODS[name].is_cautious), None)
