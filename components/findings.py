"""What a look at a machine, a project or an encoder finds, and what to do about it."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad a finding is: errors stop a run, warnings may; advice is of what would help."""

    OK = "ok"
    ADVICE = "advice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``remedy`` says what to do and is empty when all is well."""

    status: Status
    what: str
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """The finding as plain values."""
        return asdict(self)
