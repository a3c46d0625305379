"""Turns the written states of cells into the one encoding used everywhere.

Published sets disagree on what 0 and -1 mean, so this is settled here, once.
"""

from collections.abc import Mapping
from typing import Literal

from components.labels.states import ABSENT, PRESENT, UNKNOWN
from project.settings.source import StateName

Encoding = Literal["canonical", "zero-absent"] | dict[str, StateName]

_STATES: Mapping[str, int] = {"present": PRESENT, "absent": ABSENT, "unknown": UNKNOWN}
_WORDS: Mapping[str, int] = {
    **_STATES,
    "true": PRESENT,
    "false": ABSENT,
    "": UNKNOWN,
    "nan": UNKNOWN,
    "none": UNKNOWN,
    "null": UNKNOWN,
}
_CANONICAL: Mapping[str, int] = {**_WORDS, "1": PRESENT, "+1": PRESENT, "-1": ABSENT, "0": UNKNOWN}
_ZERO_ABSENT: Mapping[str, int] = {**_CANONICAL, "-1": UNKNOWN, "0": ABSENT}


def state_table(encoding: Encoding) -> Mapping[str, int]:
    """States by written word, for :func:`written`.

    ``canonical``: 1 present, -1 absent, 0 or empty unknown.
    ``zero-absent``: 1 present, 0 absent, -1 or empty unknown (as in the
    partial-label lists of DualCoOp and in plain 0/1 tables).
    A mapping names each word; an empty field is unknown unless it says else.
    """
    if encoding == "canonical":
        return _CANONICAL
    if encoding == "zero-absent":
        return _ZERO_ABSENT
    return {"": UNKNOWN} | {written(word): _STATES[state] for word, state in encoding.items()}


def written(value: object) -> str:
    """A cell's value as the word that tables of states are keyed by."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip().lower()
    return text[:-2] if text.endswith(".0") else text
