"""The COCO documents of drawn scenes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from examples.cards.concepts import concepts
from examples.cards.painting import Outline
from examples.cards.scenes import SCENE_PX

INFO = {
    "description": "Cards: scenes drawn from OpenMoji pictures",
    "license": "CC BY-SA 4.0",
    "contributor": "OpenMoji (https://openmoji.org), pictures",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnScene:
    """What the documents say about one scene."""

    number: int
    things: tuple[tuple[str, str | None, Outline], ...]
    """(concept, colour, outline) of everything that can be seen."""
    captions: tuple[str, ...]


def file_name(number: int) -> str:
    """Name of a scene's picture."""
    return f"{number:06d}.jpg"


def categories() -> list[dict[str, Any]]:
    """One category a concept, numbered from 1 in the order of the table."""
    return [
        {"id": number, "name": concept.name, "supercategory": concept.kind or "thing"}
        for number, concept in enumerate(concepts().values(), start=1)
    ]


def image_entry(number: int) -> dict[str, Any]:
    """The entry of a scene under ``images``."""
    return {"id": number, "file_name": file_name(number), "width": SCENE_PX, "height": SCENE_PX}


def annotation_entries(scenes: Sequence[DrawnScene]) -> list[dict[str, Any]]:
    """Boxes of scenes; ids depend on the scene's number alone."""
    ids = {name: number for number, name in enumerate(concepts(), start=1)}
    return [
        {
            "id": 100 * scene.number + position,
            "image_id": scene.number,
            "category_id": ids[concept],
            "bbox": [outline.left, outline.top, outline.width, outline.height],
            "area": outline.area,
            "iscrowd": 0,
            "colour": colour,
        }
        for scene in scenes
        for position, (concept, colour, outline) in enumerate(scene.things)
    ]


def caption_entries(scenes: Sequence[DrawnScene]) -> list[dict[str, Any]]:
    """Captions of scenes; ids depend on the scene's number alone."""
    return [
        {"id": 100 * scene.number + position, "image_id": scene.number, "caption": caption}
        for scene in scenes
        for position, caption in enumerate(scene.captions)
    ]
