"""Reads the written states of cells, and says what it could not read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from components.labels.states import UNKNOWN
from pipelines.prepare.sources.collector import RecordCollector
from pipelines.prepare.sources.encodings import written


@dataclass(slots=True)
class StrangeWords:
    """Words of one label that are no states."""

    where: str
    """The first place."""
    count: int = 0
    words: dict[str, None] = field(default_factory=dict)
    """The first few, as written."""

    def add(self, word: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.words) < MAX_WORDS:
            self.words.setdefault(word)


MAX_WORDS = 5


class StateReader:
    """Turns written states into numbers.

    A word that the encoding does not name leaves its cell unknown; one fault
    row per such word tells how often it occurs and where first.
    """

    def __init__(self, states: Mapping[str, int], collector: RecordCollector) -> None:
        self._states = states
        self._collector = collector
        self._strange: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._seen: Counter[str] = Counter()
        self.strange: dict[str, StrangeWords] = {}
        """By label."""
        self.labels_seen: set[str] = set()
        """Labels that have a state somewhere."""

    def read(self, value: object, where: str, label: str) -> int:
        """The state that ``value`` means."""
        # Most fields of a large table are words as they stand: spare them the tidying.
        word = value if isinstance(value, str) and value in self._states else written(value)
        state = self._states.get(word)
        if state is None:
            self._first.setdefault(word, f"{where}, label {label!r}")
            self._strange[word] += 1
            self.strange.setdefault(label, StrangeWords(where)).add(str(value).strip())
            return UNKNOWN
        self._seen[word] += 1
        if word:
            self.labels_seen.add(label)
        return state

    def finish(self) -> None:
        """Record what could not be read.

        Raises:
            InputError: If nothing could be: then the encoding is wrong.
        """
        if self._strange and not any(word for word in self._seen):
            word = next(iter(self._strange))
            raise InputError(
                f"{self._collector.origin} writes states as {word!r} ({self._first[word]}), which "
                f"the encoding does not name (known: {_known(self._states)}). Set source.encoding "
                "to a mapping from each written word to present, absent or unknown."
            )
        for word, count in self._strange.items():
            self._collector.fault(
                SourceReason.BAD_ROW,
                f"{word!r} is no state ({self._first[word]}); {count} cell(s) stay unknown",
            )
        if self._states.get("0") == UNKNOWN and self._seen["0"] and not self._seen["-1"]:
            self._collector.notes.append(
                f"{self._collector.origin} writes only 1 and 0, and 0 was read as unknown. "
                "If 0 means absent, set source.encoding to zero-absent."
            )


def _known(states: Mapping[str, int]) -> str:
    return ", ".join(repr(word) for word in states if word)
