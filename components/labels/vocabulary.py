"""The ordered label names, their columns, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

from components.atomic import read_json, write_json
from components.errors import ArtefactError, InputError
from components.labels.hierarchy import Hierarchy, hierarchy_of
from components.labels.meaning import Meaning, meaning_faults

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Label names in column order.

    Raises:
        InputError: If there is no name, an empty one, or one twice, or meanings do not fit.

    Example:
        >>> Vocabulary(("cat", "dog")).index("dog")
        1
    """

    names: tuple[str, ...]
    meanings: Mapping[str, Meaning] = field(default_factory=dict, compare=False)
    """Of labels of which more than the name is given."""
    _columns: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.names:
            raise InputError("The vocabulary is empty; name at least one label.")
        columns: dict[str, int] = {}
        for column, name in enumerate(self.names):
            if not name.strip():
                raise InputError(f"Label {column} of the vocabulary is empty; give it a name.")
            if name in columns:
                raise InputError(
                    f"The vocabulary names {name!r} twice (columns {columns[name]} and {column}); "
                    "remove one or give it another name."
                )
            columns[name] = column
        object.__setattr__(self, "_columns", columns)
        for _, fault in meaning_faults(self.names, self.meanings):
            raise InputError(fault)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def index(self, name: str) -> int:
        """The column of ``name``; InputError if it is not in the vocabulary."""
        try:
            return self._columns[name]
        except KeyError:
            raise InputError(f"{name!r} is not one of the {len(self)} labels.") from None

    def meaning(self, name: str) -> Meaning:
        """What is said of a label; empty where nothing is."""
        return self.meanings.get(name, Meaning())

    def display(self, name: str) -> str:
        """What people are shown for a label."""
        return self.meaning(name).display or name

    @property
    def displays(self) -> dict[str, str]:
        """Labels that are shown by another name than their own."""
        return {name: shown for name in self.names if (shown := self.display(name)) != name}

    @property
    def hierarchy(self) -> Hierarchy:
        """Which labels imply which."""
        return hierarchy_of(self.names, self.meanings)

    @property
    def hash(self) -> str:
        """Sixteen hex digits that change with any name or their order."""
        return blake3("\n".join(self.names).encode()).hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the names, and the meanings where there are any, as JSON."""
        value: dict[str, object] = {"schema_version": SCHEMA_VERSION, "names": list(self.names)}
        told = {name: told for name, each in self.meanings.items() if (told := each.as_json())}
        if told:
            value["meanings"] = told
        write_json(path, value)

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read what :meth:`save` wrote."""
        value = read_json(path)
        if not isinstance(value, dict) or value.get("schema_version") != SCHEMA_VERSION:
            raise ArtefactError(f"{path} is not a vocabulary of schema version {SCHEMA_VERSION}.")
        told = value.get("meanings", {})
        return cls(
            tuple(value["names"]), {name: Meaning.from_json(each) for name, each in told.items()}
        )
