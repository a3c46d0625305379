"""Rules by which a name in the annotations may stand for a file of another name.

A rule of the kind ``ignore_…`` treats names and files alike, so that two that differ only in
what it ignores are equal. ``drop_prefix:TEXT`` and ``add_prefix:TEXT`` change names alone.
"""

import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from components.data.images import IMAGE_EXTENSIONS


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where names were found, and why some were not although a rule would fit."""

    places: Mapping[str, str]
    """The one file of each name."""
    unclear: Mapping[str, str]
    """What speaks against each name that fits a file, but not one of its own."""


def plain(name: str) -> str:
    r"""A name as it is compared whatever the rules: ``\`` is ``/``, and accents are composed.

    Example:
        >>> plain(".\\birds\\heron.jpg")
        'birds/heron.jpg'
    """
    return unicodedata.normalize("NFC", posixpath.normpath(name.replace("\\", "/")))


def place_names(
    names: Iterable[str],
    files: Sequence[str],
    rules: Sequence[str],
    taken: Collection[str] = (),
) -> Placement:
    """Find the file of each name; a name with several, or one that it shares, gets none.

    Args:
        names: As they are written.
        files: Below the folder of images, with slashes.
        rules: As in ``source.match``, applied in order.
        taken: Files that have a name already, which nothing else may claim.
    """
    of_key: dict[str, list[str]] = defaultdict(list)
    for file in files:
        of_key[_key(plain(file), rules, of_file=True)].append(file)
    fits = {name: of_key.get(_key(plain(name), rules), []) for name in dict.fromkeys(names)}
    claims: dict[str, list[str]] = defaultdict(list)
    for name, found in fits.items():
        if len(found) == 1:
            claims[found[0]].append(name)
    places: dict[str, str] = {}
    unclear: dict[str, str] = {}
    for name, found in fits.items():
        if len(found) > 1:
            unclear[name] = f"fits {len(found)} files: {found[0]} and {found[1]}"
        elif found and found[0] in taken:
            unclear[name] = f"fits {found[0]}, which is named as it is elsewhere"
        elif found and len(claims[found[0]]) > 1:
            other = next(each for each in claims[found[0]] if each != name)
            unclear[name] = f"fits {found[0]}, and so does {other}"
        elif found:
            places[name] = found[0]
    return Placement(places=places, unclear=unclear)


def key_of(name: str, rules: Sequence[str], *, of_file: bool = False) -> str:
    """What must be equal for a name to stand for a file."""
    return _key(plain(name), rules, of_file=of_file)


def _key(name: str, rules: Sequence[str], *, of_file: bool = False) -> str:
    for rule in rules:
        kind, _, text = rule.partition(":")
        if kind in _IGNORING:
            name = _IGNORING[kind](name)
        elif not of_file:
            name = name.removeprefix(text) if kind == "drop_prefix" else text + name
    return name


def _without_extension(name: str) -> str:
    # A dot may belong to the name itself: only what ends like an image is cut.
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix) if suffix.lower() in IMAGE_EXTENSIONS else name


_IGNORING: Mapping[str, Callable[[str], str]] = {
    "ignore_case": str.casefold,
    "ignore_extension": _without_extension,
    "ignore_folder": posixpath.basename,
}
