"""Finds the rule that would make lost names fit, and says so with a name and a file."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from pathlib import PurePosixPath

from pipelines.prepare.sources.name_rules import Placement, key_of, place_names

_PLAIN_RULES = ("ignore_case", "ignore_extension", "ignore_folder")
_MAX_TRIED = 5_000
"""Names that rules are compared on; the one chosen is then applied to all."""
_MAX_PREFIXES = 300
_MAX_COMPARED = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NameAdvice:
    """The rules under which most of the lost names have a file."""

    rules: tuple[str, ...]
    """As ``source.match`` would hold them; those that stand there already included."""
    placement: Placement


def find_rules(
    names: Sequence[str],
    files: Sequence[str],
    present: Sequence[str],
    taken: Collection[str],
    always: Sequence[str] = (),
) -> NameAdvice | None:
    """The fewest further rules that place the most names; None if none places any.

    Args:
        names: Names without a file of that name.
        files: All files below the folder of images.
        present: Rules that ``source.match`` has already.
        taken: Files that are named as they are.
        always: Rules that hold for this kind of source without being set.
    """
    if not names or not files:
        return None
    some = _spread(names, _MAX_TRIED)
    best: tuple[str, ...] = ()
    most = len(place_names(some, files, [*present, *always], taken).places)
    for rules in _candidates(some, files, present, always):
        found = len(place_names(some, files, [*rules, *always], taken).places)
        if found > most:
            best, most = rules, found
            if most == len(some):
                break
    if not best:
        return None
    placement = place_names(names, files, [*best, *always], taken)
    return NameAdvice(rules=best, placement=placement)


def nearest_file(name: str, files: Sequence[str]) -> str | None:
    """The file whose name looks most like ``name``; None if none does."""
    by_name = {PurePosixPath(file).name: file for file in _spread(files, _MAX_COMPARED)}
    last = PurePosixPath(name.replace("\\", "/")).name
    close = get_close_matches(last, by_name, n=1)
    return by_name[close[0]] if close else None


def _candidates(
    names: Sequence[str], files: Sequence[str], present: Sequence[str], always: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    """Lists of rules, the fewest further ones first."""
    free = [rule for rule in _PLAIN_RULES if rule not in present and rule not in always]
    for number in range(1, len(free) + 2):
        for plain_rules in combinations(free, number):
            yield (*present, *plain_rules)
        for plain_rules in combinations(free, number - 1):
            rules = (*present, *plain_rules)
            for prefix in _prefixes(names, files, (*rules, *always)):
                yield (*rules, prefix)


def _prefixes(names: Sequence[str], files: Sequence[str], rules: Sequence[str]) -> Iterator[str]:
    """The prefix that most names have too much, and the one that most lack."""
    of_names = {key_of(name, rules) for name in names}
    of_files = {key_of(file, rules, of_file=True) for file in files}
    for kind, longer, shorter in (
        ("drop_prefix", of_names, of_files),
        ("add_prefix", of_files, of_names),
    ):
        counts = Counter(
            key[:start]
            for key in _spread(sorted(longer), _MAX_PREFIXES)
            if (start := _start_of(key, shorter))
        )
        for prefix, number in counts.most_common(1):
            # One of many that fits is chance.
            if number > 1 or len(names) == 1:
                yield f"{kind}:{prefix}"


def _start_of(key: str, among: Collection[str]) -> int:
    """Where the longest proper end of ``key`` that is ``among`` the others starts; 0 if none."""
    return next((start for start in range(1, len(key)) if key[start:] in among), 0)


def _spread(items: Sequence[str], at_most: int) -> Sequence[str]:
    step = -(-len(items) // at_most) or 1
    return items[::step]
