"""One row for each thing that the bench compares: what it is called and how it is drawn.

Methods have their row in the catalog. Here are besides them the ways of asking by sketch and
the labelers of protocol ``proposals``, which train no tagger.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from components.methods.catalog import METHODS, Colour
from project.report.style import Look, looks

OURS = "efuda"
"""The method that the others are measured against, in every protocol that it takes part in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A row."""

    name: str
    """The word for it on the command line and in rows of the bench."""
    title: str
    """What people call it."""
    colour: Colour
    is_baseline: bool = False


_WAYS = (
    Entry(name="raw", title="raw", colour=Colour("#7f828c", "#9a9da7"), is_baseline=True),
    Entry(name="centred", title="centred", colour=Colour("#8c5a3c", "#d3a283")),
    Entry(name="ma_sbir", title="MA-SBIR", colour=Colour("#3c8a7d", "#75c7b7")),
    Entry(name="converted", title="converted", colour=Colour("#2c4f9e", "#8fabf0")),
)
_METHODS = tuple(
    Entry(name=row.name, title=row.title, colour=row.colour, is_baseline=row.is_baseline)
    for row in METHODS.values()
)
_LABELERS = (
    Entry(
        name="softmax",
        title="softmax (VLPL)",
        colour=Colour("#7f828c", "#9a9da7"),
        is_baseline=True,
    ),
    Entry(name="platt", title="calibrated per class", colour=Colour("#b98a2f", "#e0b865")),
    Entry(name="f_beta", title="F-beta per class (MAT)", colour=Colour("#8c5a3c", "#d3a283")),
    Entry(name="quantile", title="quantile per class", colour=Colour("#5d7a1f", "#b2cf6a")),
    Entry(name="cap", title="class proportions (CAP)", colour=Colour("#c46a1b", "#f5ae6e")),
    Entry(
        name="plain_logistic",
        title="logistic, scores and prior",
        colour=Colour("#2c4f9e", "#8fabf0"),
    ),
    Entry(
        name="plain_context",
        title="logistic with co-occurrence",
        colour=Colour("#1f8fb0", "#7fd0e8"),
    ),
    Entry(name="prototype:20", title="prototypes", colour=Colour("#7d4a9e", "#c79bea")),
    Entry(name="evidence", title="evidence", colour=Colour("#c2588f", "#f09ac6")),
    Entry(
        name="evidence_context",
        title="evidence with contexts",
        colour=Colour("#3c8a7d", "#75c7b7"),
    ),
    Entry(
        name="evidence_f_beta",
        title="evidence with F-beta",
        colour=Colour("#5b5fc7", "#aeb1ff"),
    ),
    Entry(name="evidence_cap", title="evidence with CAP", colour=Colour("#4a4d57", "#c9ccd6")),
    Entry(
        name="selected",
        title="chosen on the labelled half",
        colour=Colour("#b5381f", "#ff9a83"),
    ),
)
_GROUPS = (_WAYS, _METHODS, _LABELERS)

ENTRIES: Mapping[str, Entry] = {row.name: row for group in _GROUPS for row in group}
"""By name, in the order of tables and legends."""

LOOKS: Mapping[str, Look] = {name: look for group in _GROUPS for name, look in looks(group).items()}
"""How each is drawn; methods as in the report of a run."""

BASELINES = tuple(row.name for row in ENTRIES.values() if row.is_baseline)


def title_of(name: str) -> str:
    """How something that the bench compares is called in a sentence."""
    return ENTRIES[name].title
