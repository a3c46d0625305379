"""The words of the cards world: its concepts and the contexts they meet in.

The tables are `concepts.csv` and `contexts.csv` beside this file. A picture
marked with a star and a name used seldom or never are kept from the encoder's
training; the demo's scenes use them like any other. A picture marked with an
exclamation mark keeps its own colours.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Concept:
    """Something that scenes may contain; its name is a label."""

    name: str
    plural: str
    known_pictures: tuple[str, ...]
    """OpenMoji codes that the encoder's training may show."""
    new_pictures: tuple[str, ...]
    """OpenMoji codes that only the demo's scenes show."""
    tinted: bool
    """Whether scenes draw it in other colours than its own."""
    untinted: frozenset[str]
    """Codes of pictures that keep their own colours all the same."""
    name_use: str
    """How often training captions call it by name: often, seldom or never."""
    other_words: tuple[str, ...]
    kind: str
    """A wider word ("animal"), or empty."""

    @property
    def pictures(self) -> tuple[str, ...]:
        """All OpenMoji codes, known ones first."""
        return self.known_pictures + self.new_pictures


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """A place in which some concepts are met together."""

    name: str
    phrase: str
    colours: tuple[str, ...]
    """Background colours as six hexadecimal digits."""
    concepts: tuple[str, ...]
    """Names, the most usual first."""


def _rows(table: str) -> list[dict[str, str]]:
    with (HERE / table).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def concepts() -> dict[str, Concept]:
    """Every concept by its name, in the order of the table."""
    found = {}
    for row in _rows("concepts.csv"):
        codes = row["pictures"].split()
        found[row["name"]] = Concept(
            name=row["name"],
            plural=row["plural"],
            known_pictures=tuple(c.rstrip("!") for c in codes if "*" not in c),
            new_pictures=tuple(c.rstrip("!*") for c in codes if "*" in c),
            tinted=row["tinted"] == "yes",
            untinted=frozenset(c.rstrip("!*") for c in codes if "!" in c),
            name_use=row["name_use"],
            other_words=tuple(w for w in row["other_words"].split("|") if w),
            kind=row["kind"],
        )
    return found


@cache
def contexts() -> tuple[Context, ...]:
    """Every context, in the order of the table."""
    return tuple(
        Context(
            name=row["name"],
            phrase=row["phrase"],
            colours=tuple(row["colours"].split()),
            concepts=tuple(word.replace("_", " ") for word in row["concepts"].split()),
        )
        for row in _rows("contexts.csv")
    )


@cache
def others() -> tuple[tuple[str, str], ...]:
    """(OpenMoji code, word) of pictures that only the encoder's training shows."""
    return tuple((row["picture"], row["word"]) for row in _rows("others.csv"))
