"""JSON lines, one object an image, with the state of each known label and the captions."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from components.exports.label_export import STATE_WORDS, LabelExport, Written


def write(export: LabelExport, out: Path) -> Written:
    """Write ``labels.jsonl``."""
    known = (export.states != 0).any(axis=0)
    with (out / "labels.jsonl").open("w", encoding="utf-8") as file:
        for row, image in enumerate(export.images):
            labels = {
                export.labels[column]: STATE_WORDS[int(export.states[row, column])]
                for column in np.flatnonzero((export.states[row] != 0) | (~known & (row == 0)))
            }
            line: dict[str, Any] = {"image": image.image, "id": image.id, "split": image.split}
            line |= {"captions": list(image.captions)} if image.captions else {}
            file.write(json.dumps({**line, "labels": labels}, ensure_ascii=False) + "\n")
    return Written("labels.jsonl")
