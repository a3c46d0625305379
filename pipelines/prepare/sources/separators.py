"""Notices fields that hold several labels although they were read as one."""

from collections import Counter
from collections.abc import Iterator

from components.errors import InputError
from pipelines.prepare.sources.encodings import Encoding, state_table, written
from pipelines.prepare.sources.table_columns import as_setting
from project.settings.source import SourceSettings

_SEPARATORS = (",", ";", "|")
_MAX_KEPT = 10_000


class SeparatorWatch:
    """Looks at the fields of labels as they are read, and speaks up at the end."""

    def __init__(self, source: SourceSettings, column: str, *, one_a_row: bool) -> None:
        """``one_a_row``: whether a field should hold one label, as in tables of one row a cell."""
        self._source, self._column, self._one_a_row = source, column, one_a_row
        self._first: dict[str, str] = {}
        self._is_separated = False

    def see(self, text: str, where: str) -> None:
        """Note a field that is not empty."""
        separator = None if self._one_a_row else self._source.separator
        self._is_separated |= separator is not None and separator in text
        if len(self._first) < _MAX_KEPT:
            self._first.setdefault(text, where)

    def finish(self) -> None:
        """Stop where another separator divides the fields into labels that come back elsewhere.

        Raises:
            InputError: With the separator that fits, or saying that the column holds states.
        """
        if not self._one_a_row:
            self._refuse_states(self._source.encoding)
        if self._is_separated or self._source.separator is None:
            return
        for separator in _SEPARATORS:
            if (text := self._separated_by(separator)) is not None:
                self._refuse(text, separator)

    def _separated_by(self, separator: str) -> str | None:
        """The first field that the separator divides, if a part occurs in another field too."""
        fields = [list(_parts(text, separator)) for text in self._first]
        counts = Counter(part for parts in fields for part in set(parts))
        return next(
            (
                text
                for text, parts in zip(self._first, fields, strict=True)
                if len(parts) > 1 and any(counts[part] > 1 for part in parts)
            ),
            None,
        )

    def _refuse(self, text: str, separator: str) -> None:
        place = f"{self._source.annotations}, {self._first[text]}: {text!r}"
        if self._one_a_row:
            raise InputError(
                f"{place} would be one label, since the column {self._column!r} holds one label a "
                f"row. If these are several, set under `source` in params.yaml\n"
                f"  {self._columns(self._column)}\n  separator: '{separator}'\n"
                "If it is one, set `separator: null`."
            )
        raise InputError(
            f"{place} would be one label, since source.separator is "
            f"{self._source.separator!r}, which no field holds. If these are several labels, set "
            f"under `source` in params.yaml\n  separator: '{separator}'\n"
            "If it is one, set `separator: null`."
        )

    def _refuse_states(self, encoding: Encoding) -> None:
        states = state_table(encoding)
        if self._first and all(written(text) in states for text in self._first):
            shown = ", ".join(repr(text) for text in list(self._first)[:3])
            raise InputError(
                f"{self._source.annotations}: the column {self._column!r} was taken for names of "
                f"labels, and holds states ({shown}). If it is a label itself, set under `source` "
                f"in params.yaml\n  {self._columns([self._column])}"
            )

    def _columns(self, labels: object) -> str:
        return as_setting("columns", {**self._source.columns, "labels": labels})


def _parts(text: str, separator: str) -> Iterator[str]:
    return (part for each in text.split(separator) if (part := each.strip()))
