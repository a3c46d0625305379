"""Which column of a table plays which role, and which columns are labels."""

from collections.abc import Mapping, Sequence
from typing import get_args

import yaml

from components.errors import InputError
from pipelines.prepare.sources.written_states import StateReader, StrangeWords
from project.settings.source import ColumnRole, SourceSettings

_USUAL_NAMES: Mapping[ColumnRole, tuple[str, ...]] = {
    "image": ("image", "file_name", "filename", "path", "file"),
    "id": ("id", "example_id", "image_id"),
    "split": ("split",),
    "caption": ("caption", "captions"),
    "labels": ("labels", "tags"),
    "label": ("label",),
    "state": ("state",),
}
_MAX_WORDS = 4
"""A column of more words than these is none of states."""
_SHOWN = 12


def image_columns(source: SourceSettings) -> frozenset[str]:
    """Names, in lower case, that a column of image names may have."""
    named = source.columns.get("image")
    return frozenset([named.lower()] if isinstance(named, str) else _USUAL_NAMES["image"])


def column_roles(source: SourceSettings, columns: Sequence[str]) -> dict[ColumnRole, str]:
    """The column of each role: the one that the settings name, else one with a usual name.

    Raises:
        InputError: If a named column is not there, or none names the image.
    """
    listed = source.label_columns
    taken = {each for each in source.columns.values() if isinstance(each, str)} | set(listed or ())
    roles: dict[ColumnRole, str] = {}
    for role in get_args(ColumnRole):
        named = source.columns.get(role)
        if isinstance(named, str):
            _require(named, role, source, columns)
            roles[role] = named
        elif listed is None or role not in ("labels", "label", "state"):
            # Where columns are listed as labels, the table has one row an image.
            by_lower = {name.lower(): name for name in columns if name not in taken}
            usual = (by_lower[name] for name in _USUAL_NAMES[role] if name in by_lower)
            if (found := next(usual, None)) is not None:
                roles[role] = found
    if "label" not in roles:
        roles.pop("state", None)
    if "image" not in roles:
        raise InputError(
            f"No column of {source.annotations} names the image; its columns are: "
            f"{_shown(columns)}. Set source.columns.image to one of them, for instance "
            f"`{as_setting('columns', {**source.columns, 'image': next(iter(columns))})}`."
        )
    for name in listed or ():
        _require(name, "labels", source, columns)
        if name in roles.values():
            raise InputError(
                f"source.columns.labels lists {name!r}, which has another role: the columns of "
                f"{source.annotations} are {_shown(columns)}."
            )
    return roles


def ask_for_labels(source: SourceSettings, columns: Sequence[str], states: StateReader) -> None:
    """Stop where a column that might be a label holds something else than states.

    Raises:
        InputError: With the columns of both kinds, and how to say which are labels.
    """
    strange = {name: states.strange[name] for name in columns if name in states.strange}
    if not strange:
        return
    clean = [name for name in columns if name not in strange]
    # Columns that hold a few words and no state may be states in words of their own.
    worded = [
        name
        for name, found in strange.items()
        if len(found.words) <= _MAX_WORDS and name not in states.labels_seen
    ]
    raise InputError(
        "\n".join(
            [
                f"{source.annotations} does not tell which columns are labels: not all of them "
                f"hold states alone ({_states_of(source)}).",
                *([f"  only states: {_shown(clean)}"] if clean else []),
                *(f"  other values: {_described(name, found)}" for name, found in strange.items()),
                *_answer_with_columns(source, clean or worded),
                *_answer_with_encoding(worded, strange),
            ]
        )
    )


def _answer_with_columns(source: SourceSettings, labels: Sequence[str]) -> list[str]:
    columns = {**source.columns, "labels": list(labels) or ["NAME", "NAME"]}
    return [
        "Say which columns are labels, under `source` in params.yaml. The others are left out, and "
        "what is no state in those that you name stays unknown:",
        f"  {as_setting('columns', columns)}",
    ]


def _answer_with_encoding(worded: Sequence[str], strange: Mapping[str, StrangeWords]) -> list[str]:
    if not worded:
        return []
    words = dict.fromkeys(word for name in worded for word in strange[name].words)
    return [
        f"If the values of {_shown(worded)} are states, say in source.encoding what each means "
        "(present, absent or unknown):",
        f"  {as_setting('encoding', dict.fromkeys(words, '…'))}",
    ]


def as_setting(key: str, value: object) -> str:
    """A setting on one line, as params.yaml may hold it.

    Example:
        >>> as_setting("columns", {"labels": ["cat", "yes"]})
        "columns: {labels: [cat, 'yes']}"
    """
    text = yaml.safe_dump(
        {key: value}, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text.strip()[1:-1]


def _states_of(source: SourceSettings) -> str:
    match source.encoding:
        case "canonical":
            return "1 present, -1 absent, 0 or empty unknown"
        case "zero-absent":
            return "1 present, 0 absent, -1 or empty unknown"
        case _:
            return ", ".join(f"{word} {state}" for word, state in source.encoding.items())


def labels_explained(source: SourceSettings, others: Sequence[str]) -> str:
    """Which columns of a table with one row an image were taken for labels, and why."""
    if source.label_columns is None:
        return "the columns that hold states alone"
    left_out = f"; left out: {_shown(others)}" if others else ""
    return f"the columns that source.columns.labels lists{left_out}"


def _described(name: str, found: StrangeWords) -> str:
    words = ", ".join(repr(word) for word in list(found.words)[:2])
    fields = "1 field" if found.count == 1 else f"{found.count} fields"
    return f"{name!r} ({fields}, such as {words}; the first in {found.where})"


def _require(name: str, role: ColumnRole, source: SourceSettings, columns: Sequence[str]) -> None:
    if name not in columns:
        raise InputError(
            f"source.columns.{role} names {name!r}, but the columns of "
            f"{source.annotations} are: {_shown(columns)}."
        )


def _shown(columns: Sequence[str]) -> str:
    listed = ", ".join(repr(name) for name in columns[:_SHOWN])
    return listed if len(columns) <= _SHOWN else f"{listed}, … ({len(columns)} in all)"
