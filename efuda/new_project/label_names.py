"""The names of labels as `--names` gives them: with commas between, or in a file."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.errors import InputError
from project.vocabulary_file import MAX_LENGTH, SUFFIXES, read_vocabulary

_LISTS = (".txt", ".csv", ".tsv", ".names", ".list")


@dataclass(frozen=True, slots=True)
class LabelNames:
    """Names that can be a vocabulary, in the order given, and what there is to tell of them."""

    names: tuple[str, ...]
    told: tuple[str, ...] = ()


def vocabulary_file(given: str | None) -> Path | None:
    """The vocabulary file that ``--names`` names, once it is found to be usable; None if none.

    Raises:
        InputError: If there is none of that name, or naming its lines that cannot be used.
    """
    if given is None or Path(given).suffix.lower() not in SUFFIXES or "," in given:
        return None
    read_vocabulary(Path(given))
    return Path(given)


def label_names(given: str) -> LabelNames:
    """Read ``--names``.

    Space around a name, empty entries and a name that comes again are dropped; the last is
    told. A name with a comma stands in double quotes, or in a file on a line of its own.

    Raises:
        InputError: If there is no name, one cannot be used, or two differ in case alone.

    Example:
        >>> label_names('dog, cat, "crane, bird"').names
        ('dog', 'cat', 'crane, bird')
    """
    entries = [" ".join(entry.split()) for entry in _entries(given)]
    counts = Counter(entry for entry in entries if entry)
    names = tuple(counts)
    if not names:
        raise InputError(
            f"--names gives no name (got {_short(given)}); write the labels with commas between, "
            'such as --names "dog,cat,bird", or name a file with one a line.'
        )
    _refuse_unusable(names)
    _refuse_twins(names)
    repeated = [name for name, count in counts.items() if count > 1]
    told = f"Named more than once, used once: {_listed(repeated)}." if repeated else ""
    return LabelNames(names, (told,) if told else ())


def _entries(given: str) -> list[str]:
    file = Path(given)
    if _is_file(file):
        return _of_file(file)
    if "," not in given and file.suffix.lower() in _LISTS:
        raise InputError(f"--names looks like a file, and there is none at {given!r}.")
    return _of_line(given)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a file's name, or none at all
        return False


def _of_file(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(
            f"--names: {file} cannot be read as UTF-8 text ({fault}); save it as such, one name "
            "a line."
        ) from None
    lines = [line for line in lines if line.strip()]
    return _of_line(lines[0]) if len(lines) == 1 else lines


def _of_line(text: str) -> list[str]:
    return [entry for row in csv.reader([text], skipinitialspace=True) for entry in row]


def _refuse_unusable(names: Sequence[str]) -> None:
    for name in names:
        if len(name) > MAX_LENGTH:
            raise InputError(
                f"--names: a name has {len(name)} characters, {MAX_LENGTH} are allowed "
                f"({_short(name)}); separate names by commas, in a file by lines."
            )
        if not name.isprintable():
            raise InputError(f"--names: {name!r} holds characters that cannot be shown.")


def _refuse_twins(names: Sequence[str]) -> None:
    """Names are asked for in any case, so two must differ in more."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            raise InputError(
                f"--names: {first!r} and {name!r} differ in upper and lower case alone, which "
                "text queries do not tell apart; keep one, or give one another name."
            )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else shown[:57] + "…"
