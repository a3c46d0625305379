"""Arrays with notes in one safetensors file, the same bytes for the same content.

The format keeps notes as pairs of text, and its writer puts several of them down in an order
that changes from process to process. So all notes are one text here: JSON with sorted keys.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from components.atomic import atomic_path
from components.errors import ArtefactError

NOTES = "notes"
Notes = Mapping[str, Any]


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], notes: Notes) -> None:
    """Write one file, whole or not at all.

    Args:
        path: Where to.
        arrays: By name.
        notes: Plain JSON values, by name.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(notes, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with atomic_path(path) as temporary:
        save_file(whole, temporary, metadata={NOTES: text})


def read_arrays(path: Path, remedy: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and notes of a file.

    Files of earlier versions, whose notes are pairs of text, are read too: those that held
    another value than text held it as JSON or as Python writes a number.

    Args:
        path: The file.
        remedy: What to do where it cannot be read, as the end of a sentence.

    Raises:
        ArtefactError: If it is missing, damaged or has no notes.
    """
    try:
        with safe_open(path, framework="np") as opened:
            pairs: dict[str, str] | None = opened.metadata()
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if pairs is None:
            raise ValueError("it has no notes")
        notes: Any = json.loads(pairs[NOTES]) if NOTES in pairs else pairs
        if not isinstance(notes, dict):
            raise TypeError("its notes have no names")
    except (OSError, SafetensorError, TypeError, ValueError) as fault:
        raise ArtefactError(f"{path} cannot be read ({fault}); {remedy}.") from None
    return arrays, notes
