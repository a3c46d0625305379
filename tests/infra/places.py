"""Where the files are, and how one is changed for a test."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"


def load(name: str) -> dict[str, Any]:
    """One of the YAML files."""
    return yaml.safe_load((INFRA / name).read_text(encoding="utf-8"))


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set the value at a dotted path, where numbers are places in lists; None takes it out."""
    place: Any = document
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document
