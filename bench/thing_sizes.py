"""How much of each image the things of each label cover, from the boxes of a COCO file."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float32

from components.atomic import read_json
from components.data.examples import Example
from components.labels.vocabulary import Vocabulary

Sizes = Mapping[str, Mapping[str, float]]
"""By file name, then by label."""


def read_sizes(annotations: Path) -> Sizes:
    """Shares of the image, overlapping boxes counted twice; crowds are no things."""
    document: dict[str, Any] = read_json(annotations)
    labels = {each["id"]: str(each["name"]) for each in document["categories"]}
    images = {each["id"]: each for each in document["images"]}
    sizes: dict[str, dict[str, float]] = {}
    for each in document["annotations"]:
        image = images[each["image_id"]]
        if each.get("iscrowd") or "bbox" not in each:
            continue
        _, _, width, height = each["bbox"]
        shares = sizes.setdefault(PurePosixPath(image["file_name"]).name, {})
        share = width * height / max(image["width"] * image["height"], 1)
        label = labels[each["category_id"]]
        shares[label] = shares.get(label, 0.0) + share
    return sizes


def sizes_of(
    rows: Sequence[Example], vocabulary: Vocabulary, sizes: Sizes
) -> Float32[np.ndarray, "examples labels"]:
    """0 where a label has no box in an image."""
    found = [
        [sizes.get(PurePosixPath(row.path).name, {}).get(name, 0.0) for name in vocabulary.names]
        for row in rows
    ]
    return np.array(found, np.float32).reshape(len(rows), len(vocabulary.names))
