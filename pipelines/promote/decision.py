"""What was decided about which versions, and how the decision is kept."""

import getpass
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.promote.comparison import Comparison


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What was decided about which versions, and why."""

    outcome: str
    """`promoted`, `refused`, `rolled back` or `unchanged`."""
    challenger: str
    """The version that it is about: the one that serves if it is promoted."""
    champion: str | None
    """The version that served before."""
    reason: str
    comparison: Comparison | None = None
    against: str | None = None
    """What the challenger was compared with, in words."""
    forced: bool = False

    def record(self, model: str, split: str, num_before: int) -> dict[str, Any]:
        """The decision as it is kept.

        Args:
            model: The registry's name of the model.
            split: Hash of the test split.
            num_before: How often this split has decided before.
        """
        return {
            "outcome": self.outcome,
            "model": model,
            "challenger": self.challenger,
            "champion": self.champion,
            "against": self.against,
            "reason": self.reason,
            "forced": self.forced,
            "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "decided_by": _person(),
            "split_hash": split,
            "split_decided_before": num_before,
            "comparison": self.comparison.as_json() if self.comparison else None,
        }


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
