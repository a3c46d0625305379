"""Photographs of one's own, and what is on them: drawn scenes with eight labels."""

import io
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from examples.cards.draw import draw_scene, draw_sketch
from examples.cards.painting import Outline

SEED = 23
NUM_LABELS = 8
SIDE_PX = 160


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture; ``things`` are labels with their boxes in pixels."""

    name: str
    jpeg: bytes
    things: tuple[tuple[str, Outline], ...]
    captions: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """Every label once, in the order of the vocabulary."""
        return sorted({label for label, _ in self.things})

    def image(self) -> Image.Image:
        """The pixels."""
        return Image.open(io.BytesIO(self.jpeg)).convert("RGB")


@cache
def photographs(number: int = 60) -> tuple[Photograph, ...]:
    """Pictures of which each shows one of the commonest labels at least."""
    scenes = [draw_scene(SEED, place + 1) for place in range(6 * number)]
    counts = Counter(concept for scene, _ in scenes for concept, _, _ in scene.things)
    names = {name for name, _ in counts.most_common(NUM_LABELS)}
    shown: list[Photograph] = []
    for scene, jpeg in scenes:
        things = tuple((name, box) for name, _, box in scene.things if name in names)
        if things:
            shown.append(Photograph(f"DSC_{len(shown):04}", jpeg, things, scene.captions))
    return tuple(shown[:number])


def vocabulary() -> list[str]:
    """The labels of all photographs."""
    return sorted({label for photograph in photographs() for label in photograph.labels})


def write_jpegs(folder: Path, extension: str = ".jpg") -> Path:
    """All photographs as files; the folder is returned."""
    folder.mkdir(parents=True)
    for photograph in photographs():
        (folder / f"{photograph.name}{extension}").write_bytes(photograph.jpeg)
    return folder


def write_sketches(folder: Path, number: int = 3) -> Path:
    """A folder of sketches, one sub-folder a label."""
    for label in vocabulary():
        (folder / label).mkdir(parents=True)
        for place in range(1, number + 1):
            (folder / label / f"{place}.png").write_bytes(draw_sketch(SEED, label, place))
    return folder
