"""How often the test split has decided: each time makes its figure a little too good."""

from pathlib import Path
from typing import Any

from components.atomic import read_json
from components.errors import ArtefactError
from project.layout import Layout


def times_decided(layout: Layout, split: str) -> int:
    """Earlier decision records whose comparison was measured on this test split.

    Rollbacks and decisions without a comparison do not count: no figure of the split was looked at.

    Args:
        layout: The project's; its folder ``decisions`` is read.
        split: As ``components.data.splits.split_hash`` gives it.

    Raises:
        ArtefactError: If a record cannot be read, since the count would be too low without it.
    """
    return sum(_has_decided(path, split) for path in sorted(layout.decisions.glob("*.json")))


def uses_sentence(num_before: int) -> str:
    """What a person should keep in mind about figures of the test split; empty for the first use."""
    if num_before == 0:
        return ""
    times = "once" if num_before == 1 else f"{num_before} times"
    return (
        f"This test split has decided {times} before; each time makes its figure a little too good."
    )


def _has_decided(path: Path, split: str) -> bool:
    record: Any = read_json(path)
    if not isinstance(record, dict):
        raise ArtefactError(
            f"{path} is no record of a decision; restore it from git, or move it away."
        )
    return record.get("split_hash") == split and record.get("comparison") is not None
