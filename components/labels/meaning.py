"""What a label's name means: sentences, other words, its name elsewhere, and what it implies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from components.errors import ArtefactError
from components.labels.spelling import loose


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """What is said of one label besides its name; empty where nothing is."""

    prompts: tuple[str, ...] = ()
    """Sentences of its own in place of the project's templates; ``{name}`` is filled in."""
    synonyms: tuple[str, ...] = ()
    """Other words for it, in sources and in captions."""
    description: str = ""
    """One more sentence, which its text vector is averaged with."""
    display: str = ""
    """What people are shown in place of the name, for example in another language."""
    parents: tuple[str, ...] = ()
    """Labels that are present wherever it is."""

    def as_json(self) -> dict[str, object]:
        """What is said, without what is empty."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in told.items()
            if value
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Meaning":
        """Read what :meth:`as_json` gives."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in told.items()
        }
        try:
            return cls(**values)
        except TypeError as fault:
            raise ArtefactError(f"The vocabulary's meanings cannot be read: {fault}.") from None


def meaning_faults(
    names: Sequence[str], meanings: Mapping[str, Meaning]
) -> Iterator[tuple[str, str]]:
    """What cannot be meant: the label, and a sentence.

    Every word (name, synonym, display name) stands for one label; parents are labels, and no
    label is its own ancestor.
    """
    yield from _strangers(names, meanings)
    yield from _words(names, meanings)
    yield from _parents(names, meanings)


def _strangers(names: Sequence[str], meanings: Mapping[str, Meaning]) -> Iterator[tuple[str, str]]:
    known = frozenset(names)
    for label in meanings:
        if label not in known:
            yield label, f"{label!r} is not one of the {len(known)} labels.{_nearest(label, names)}"


def _words(names: Sequence[str], meanings: Mapping[str, Meaning]) -> Iterator[tuple[str, str]]:
    """Words that stand for two labels, whichever way they are written."""
    owner: dict[str, tuple[str, str]] = {loose(name): (name, "the name") for name in names}
    for label, meaning in meanings.items():
        words = [(word, "a synonym") for word in meaning.synonyms]
        words += [(meaning.display, "the display name")] if meaning.display else []
        for word, kind in words:
            if not word.strip():
                yield label, f"{label!r} has an empty word among its synonyms; remove it."
                continue
            other, as_what = owner.setdefault(loose(word), (label, kind))
            if other != label:
                yield (
                    label,
                    f"{word!r} is {kind} of {label!r} and {as_what} of {other!r}; give it to one "
                    "of them.",
                )


def _parents(names: Sequence[str], meanings: Mapping[str, Meaning]) -> Iterator[tuple[str, str]]:
    known = frozenset(names)
    for label, meaning in meanings.items():
        for parent in meaning.parents:
            if parent not in known:
                yield (
                    label,
                    f"{label!r} has the parent {parent!r}, which is not one of the {len(known)} "
                    f"labels; list it too, or correct it.{_nearest(parent, names)}",
                )
    circle = _circle(meanings)
    if circle:
        chain = " → ".join(map(repr, circle))
        yield circle[0], f"Parents run in a circle: {chain}; take one of these parents out."


def _circle(meanings: Mapping[str, Meaning]) -> list[str]:
    """The labels of one circle, the first again at the end; empty without one.

    Walks without recursion: a chain of parents may be longer than Python's stack.
    """
    done: set[str] = set()
    for start in meanings:
        path: list[str] = [start]
        places = {start: 0}
        open_parents = [_parents_of(meanings, start)]
        while path:
            parent = next(open_parents[-1], None)
            if parent is None:
                done.add(path[-1])
                del places[path.pop()]
                open_parents.pop()
            elif parent in places:
                return [*path[places[parent] :], parent]
            elif parent not in done:
                places[parent] = len(path)
                path.append(parent)
                open_parents.append(_parents_of(meanings, parent))
    return []


def _parents_of(meanings: Mapping[str, Meaning], label: str) -> Iterator[str]:
    return iter(meanings[label].parents if label in meanings else ())


def _nearest(word: str, names: Sequence[str]) -> str:
    by_lower = {name.casefold(): name for name in reversed(names)}
    close = get_close_matches(word.casefold(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""
