"""A small set of images, and what is known of them, to be written in every format."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary

NAMES = ("cat", "dog", "teddy bear")
IMAGES = ("a.jpg", "b.png", "sub/c.jpg", "d.jpg")
STATES = ((1, -1, 1), (-1, 1, -1), (-1, -1, -1), (1, 1, -1))


def draw_images(folder: Path, images: tuple[str, ...] = IMAGES) -> None:
    for number, image in enumerate(images):
        path = folder / image
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8 + number, 6), (number * 40, 90, 10)).save(path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's root with a folder ``images``."""
    draw_images(tmp_path / "images")
    return tmp_path


@pytest.fixture
def truth() -> LabelMatrix:
    """Every cell known; ids are the images' places."""
    return LabelMatrix(IMAGES, Vocabulary(NAMES), np.array(STATES, dtype=np.int8))


@pytest.fixture
def partial_truth() -> LabelMatrix:
    """Present, absent and unknown cells; one row entirely unknown."""
    states = np.array(((1, 0, -1), (0, 1, 0), (0, 0, 0), (1, 1, -1)), dtype=np.int8)
    return LabelMatrix(IMAGES, Vocabulary(NAMES), states)
