"""A CSV of decisions on cells, checked against a project and merged with earlier ones.

A file with a fault changes nothing: every fault is told with its line, and after they are
mended the same file can be read again, which changes nothing where it changed something
before.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

import pyarrow as pa

from components.data.examples import Example
from components.errors import InputError
from components.labels.states import ABSENT, PRESENT, UNKNOWN, Provenance
from components.labels.vocabulary import Vocabulary
from project.reviewed import REVIEWED_SCHEMA

NEEDED = ("image", "label", "state")
OPTIONAL = ("reviewer", "date", "note")
_STATES: Mapping[str, int] = {
    "present": PRESENT,
    "1": PRESENT,
    "+1": PRESENT,
    "absent": ABSENT,
    "-1": ABSENT,
    "unknown": UNKNOWN,
    "0": UNKNOWN,
}
_MOST_TOLD = 20

Cell = tuple[str, str]
"""An example's id and a label."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says of one cell."""

    state: int
    reviewer: str = ""
    date: str = ""
    note: str = ""


@dataclass(slots=True)
class Decisions:
    """What a file says, by cell."""

    cells: dict[Cell, Decision] = field(default_factory=dict)
    num_undecided: int = 0
    """Rows whose state is empty."""


@dataclass(frozen=True, slots=True)
class Merged:
    """All decisions after an import, and how many are new, changed and as they were."""

    table: pa.Table
    num_new: int
    num_changed: int
    num_same: int


class _Places:
    """Finds examples by id, by path, or by their place below the folder of images."""

    def __init__(self, examples: Sequence[Example], images: str) -> None:
        self._ids: dict[str, str] = {}
        for example in examples:
            path = PurePosixPath(example.path)
            inside = path.relative_to(images) if path.is_relative_to(images) else path
            self._ids.setdefault(inside.as_posix(), example.id)
        for example in examples:
            self._ids.setdefault(example.path, example.id)
        self._ids |= {example.id: example.id for example in examples}

    def find(self, name: str) -> str | None:
        return self._ids.get(name) or self._ids.get(name.replace("\\", "/"))

    def hint(self, name: str) -> str:
        close = get_close_matches(name, self._ids, n=1, cutoff=0.6)
        return f"; did you mean {close[0]!r}?" if close else ""


def read_decisions(
    path: Path, examples: Sequence[Example], images: str, vocabulary: Vocabulary
) -> Decisions:
    """Read and check a file of decisions.

    Args:
        path: UTF-8, with the columns image, label and state, perhaps reviewer, date and note;
            others are passed over. An empty state is no decision.
        examples: The project's.
        images: The folder that image names may start from.
        vocabulary: The project's labels.

    Raises:
        InputError: If the file, or any row of it, cannot be used, naming the lines.
    """
    places, found, lines = _Places(examples, images), Decisions(), dict[Cell, int]()
    faults: list[str] = []
    for number, row in _rows(path):
        word = row["state"].strip().casefold()
        if not word:
            found.num_undecided += 1
            continue
        try:
            cell, decision = _decision(row, word, places, vocabulary)
        except InputError as fault:
            faults.append(f"line {number}: {fault}")
            continue
        earlier = found.cells.setdefault(cell, decision)
        first = lines.setdefault(cell, number)
        if earlier.state != decision.state:
            faults.append(
                f"line {number}: {row['image']!r}, {row['label']!r} is {word} here, and not in line "
                f"{first}; keep one"
            )
    if faults:
        more = len(faults) - _MOST_TOLD
        told = [*faults[:_MOST_TOLD], *([f"… and {more} more"] if more > 0 else [])]
        raise InputError(
            "\n  ".join([f"{path} has {len(faults)} fault(s); nothing was imported:", *told])
        )
    return found


def merged(earlier: pa.Table, decisions: Mapping[Cell, Decision]) -> Merged:
    """Earlier decisions with those of a file, which replace them where both decide a cell.

    A decision that says the same again is not touched, and keeps its reviewer, date and note.
    """
    rows = {(row["example_id"], row["label"]): row for row in earlier.to_pylist()}
    num_new = num_changed = 0
    for (example_id, label), decision in decisions.items():
        old = rows.get((example_id, label))
        if old is not None and old["state"] == decision.state:
            continue
        num_new, num_changed = num_new + (old is None), num_changed + (old is not None)
        rows[example_id, label] = {
            "example_id": example_id,
            "label": label,
            "state": decision.state,
            "provenance": str(Provenance.REVIEWED),
            "reviewer": decision.reviewer or None,
            "date": decision.date or None,
            "note": decision.note or None,
        }
    table = pa.Table.from_pylist(list(rows.values()), schema=REVIEWED_SCHEMA)
    return Merged(table, num_new, num_changed, len(decisions) - num_new - num_changed)


def _decision(
    row: Mapping[str, str], word: str, places: _Places, vocabulary: Vocabulary
) -> tuple[Cell, Decision]:
    image, label = row["image"].strip(), row["label"].strip()
    state = _STATES.get(word)
    if state is None:
        raise InputError(
            f"{row['state']!r} is no state; write present, absent or unknown (or 1, -1, 0), or "
            "leave it empty"
        )
    example_id = places.find(image)
    if example_id is None:
        raise InputError(f"there is no image {image!r} in the project{places.hint(image)}")
    if label not in vocabulary:
        close = get_close_matches(label, vocabulary.names, n=1, cutoff=0.6)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise InputError(f"{label!r} is not one of the {len(vocabulary)} labels{hint}")
    when = row["date"].strip()
    if when and not _is_date(when):
        raise InputError(f"{when!r} is no date; write it as 2026-01-31")
    return (example_id, label), Decision(state, row["reviewer"].strip(), when, row["note"].strip())


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The line and the seven fields of each row."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        columns = [name.strip().casefold() for name in next(reader, [])]
        _check_columns(columns, path)
        for fields in reader:
            if not any(text.strip() for text in fields):
                continue
            if len(fields) != len(columns):
                raise InputError(
                    f"{path}, line {reader.line_num} has {len(fields)} fields, the header has "
                    f"{len(columns)}; a name with a comma needs quotes. Nothing was imported."
                )
            row = dict(zip(columns, fields, strict=True))
            yield reader.line_num, {name: row.get(name, "") for name in (*NEEDED, *OPTIONAL)}
    except csv.Error as fault:
        raise InputError(
            f"{path}, line {reader.line_num}: {fault}. Nothing was imported."
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path.") from None
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror or fault}.") from None
    except UnicodeDecodeError as fault:
        raise InputError(
            f"{path} is not UTF-8 text (byte {fault.start}); save it as CSV UTF-8."
        ) from None


def _check_columns(columns: Sequence[str], path: Path) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if len(columns) == 1 and ";" in columns[0]:
        raise InputError(f"{path} is separated by semicolons; save it with commas.")
    if missing:
        raise InputError(
            f"{path} lacks the column {missing[0]!r}; it has {', '.join(columns) or 'none'}. "
            f"Needed are {', '.join(NEEDED)}; {', '.join(OPTIONAL)} may be there."
        )
    if "origin" in columns:
        raise InputError(
            f"{path} says by whom each cell is (column 'origin'), so it is no list of decisions: "
            "all that the source says would count as reviewed. Fill in the column state of "
            "to_decide.csv, or remove the rows that nobody decided, and the column."
        )
    twice = [name for name in (*NEEDED, *OPTIONAL) if columns.count(name) > 1]
    if twice:
        raise InputError(f"{path} names the column {twice[0]!r} twice; remove one.")
