"""Which recipes a project trains, and why."""

from dataclasses import dataclass

from components.labels.states import ABSENT, PRESENT
from project.learning_task import LearningData
from project.settings import Settings

ATTEMPTED = ("entropy", "gpr", "trm_ml", "csa", "efuda")
"""Recipes whose settings tune chooses among a few attempts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Recipes in the order they are trained, and the reason where it was chosen for the user."""

    recipes: tuple[str, ...]
    reason: str | None = None


def wanted(settings: Settings, data: LearningData) -> Wanted:
    """The recipes of the settings, or zero-shot and the one method asked for."""
    method = settings.train.method
    if method is None:
        return Wanted(settings.train.recipes)
    if method != "auto":
        return Wanted(tuple(dict.fromkeys(("zero_shot", method))))
    found, reason = automatic(data)
    return Wanted(("zero_shot", found), reason)


def automatic(data: LearningData) -> tuple[str, str]:
    """The method for this label situation, and why in a sentence or two."""
    states = data.train.labels.states
    silence = (
        "absences are known, so unknown cells are left out"
        if (states == ABSENT).any()
        else "nobody ever said that a label is absent, so unknown counts as weakly absent"
    )
    reading = (
        "region vectors are there and are read beside the whole image"
        if data.train.regions
        else "there are no region vectors (embed.regions), so whole images must do"
    )
    told = (
        " The labels were read from captions, with which Efuda did better than TagAlign in "
        "the bench (docs/results/bench.md)."
        if data.num_from_captions
        else ""
    )
    return "efuda", (
        f"{_situation(data)}{told} So {silence}; {reading}; how close it stays to zero-shot was "
        "chosen on the hold-out."
    )


def _situation(data: LearningData) -> str:
    states = data.train.labels.states
    known = states != 0
    taught = int(known.any(axis=1).sum())
    return (
        f"{taught:,} of {len(states):,} training images have a known label, "
        f"{known.mean():.1%} of all cells are known, {int((states == PRESENT).sum()):,} of them "
        f"present and {int((states == ABSENT).sum()):,} absent."
    )
