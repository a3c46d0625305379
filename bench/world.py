"""A world of the bench: images with full truth, as arrays on disk.

Arrays are memory-mapped when a world is opened, so that processes that learn side
by side share them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float16, Float32, Int8, Int64

from components.atomic import atomic_directory, read_json, write_json
from components.data.examples import Split
from components.errors import ArtefactError
from components.labelers.cooccurrence import LabelStatistics
from components.labels.vocabulary import Vocabulary
from components.training.settings import Schedule
from components.training.task import Names

SCHEMA_VERSION = 3
SPLITS: tuple[Split, ...] = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Part:
    """The photographs of one split, with all that is known about them."""

    ids: tuple[str, ...]
    states: Int8[np.ndarray, "examples labels"]
    views: Float32[np.ndarray, "views examples embed"]
    regions: tuple[Float16[np.ndarray, "examples regions embed"], ...] = ()
    """One a view, or none at all."""
    sizes: Float32[np.ndarray, "examples labels"] | None = None
    """Share of the image that the things of each label cover; None where no boxes are known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagArrays:
    """What the captions of the training images say, beside the states of the labels.

    Rows are training images; ``caption_rows`` says whose caption each vector is.
    """

    caption_vectors: Float32[np.ndarray, "captions embed"]
    caption_rows: np.ndarray
    object_tags: Int8[np.ndarray, "examples objects"]
    """1 where a caption names the object."""
    object_vectors: Float32[np.ndarray, "objects embed"]
    attribute_tags: Int8[np.ndarray, "examples attributes"]
    attribute_vectors: Float32[np.ndarray, "attributes embed"]


@dataclass(frozen=True, kw_only=True)
class CaptionReading:
    """What the captions of a world say: states by split, and the tags of train."""

    train: Int8[np.ndarray, "examples labels"]
    val: Int8[np.ndarray, "examples labels"]
    tags: TagArrays


@dataclass(frozen=True, kw_only=True)
class SketchSet:
    """Sketches, encoded as they are and as other drawings of them; one class each."""

    drawings: Mapping[str, Float32[np.ndarray, "sketches embed"]]
    classes: Int64[np.ndarray, " sketches"]


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that the cells of one world share."""

    name: str
    encoder_id: str
    vocabulary: Vocabulary
    names: Names
    grid: tuple[int, int]
    """Rows and columns of the regions; 0 and 0 without regions."""
    schedule: Schedule
    parts: Mapping[Split, Part]
    captions: CaptionReading | None = None
    sketches: SketchSet | None = None
    statistics: LabelStatistics | None = None
    """Of labels in images that are in no part."""
    made_of: str = field(default="")
    """Hash of what the arrays were read from."""

    @cached_property
    def split_hash(self) -> str:
        """SHA-256 over the label names and over which image is in which split."""
        digest = sha256("\0".join(self.vocabulary.names).encode())
        for split in SPLITS:
            digest.update(f"\n{split}\n".encode())
            digest.update("\0".join(sorted(self.parts[split].ids)).encode())
        return digest.hexdigest()

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What a row depends on beside its protocol, method and seed."""
        return {
            "world": self.name,
            "split_hash": self.split_hash,
            "encoder": self.encoder_id,
            "made_of": self.made_of,
            "schedule": asdict(self.schedule),
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A world that cannot be measured here, and why."""

    name: str
    reason: str


def is_current(directory: Path, made_of: str) -> bool:
    """Whether the arrays there were made of just that."""
    try:
        facts = read_json(directory / "world.json")
    except ArtefactError:
        return False
    return facts.get("made_of") == made_of and facts.get("schema_version") == SCHEMA_VERSION


def save_world(world: World, directory: Path) -> None:
    """Write a world's arrays and, beside them, world.json."""
    with atomic_directory(directory) as folder:
        for name, array in _arrays(world).items():
            np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        write_json(folder / "world.json", _facts(world))


def open_world(directory: Path) -> World:
    """Open what :func:`save_world` wrote; arrays stay on disk until they are read.

    Raises:
        ArtefactError: If there is no world, or it cannot be read.
    """
    facts = read_json(directory / "world.json")
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise ArtefactError(
            f"{directory} is a world of another version of Efuda; remove it, and the bench makes it "
            "anew."
        )

    def array(name: str) -> np.ndarray:
        return np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False)

    def part(split: Split) -> Part:
        return Part(
            ids=tuple(facts["ids"][split]),
            states=np.array(array(f"{split}-states")),
            views=array(f"{split}-views"),
            regions=tuple(array(f"{split}-regions-{n}") for n in range(facts["region_views"])),
            sizes=np.array(array(f"{split}-sizes")) if facts["sizes"] else None,
        )

    return World(
        name=facts["name"],
        encoder_id=facts["encoder_id"],
        vocabulary=Vocabulary(tuple(facts["labels"])),
        names=Names(vectors=np.array(array("names")), temperature=facts["temperature"]),
        grid=(facts["grid"][0], facts["grid"][1]),
        schedule=Schedule(**facts["schedule"]),
        parts={split: part(split) for split in SPLITS},
        captions=_captions(array) if facts["captions"] else None,
        sketches=_sketches(array, facts["drawings"]),
        statistics=_statistics(array) if facts.get("statistics") else None,
        made_of=facts["made_of"],
    )


_TAG_ARRAYS = (
    "caption_vectors",
    "caption_rows",
    "object_tags",
    "object_vectors",
    "attribute_tags",
    "attribute_vectors",
)


def _arrays(world: World) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {"names": world.names.vectors}
    for split, part in world.parts.items():
        arrays[f"{split}-states"] = part.states
        arrays[f"{split}-views"] = part.views
        for number, regions in enumerate(part.regions):
            arrays[f"{split}-regions-{number}"] = regions
        if part.sizes is not None:
            arrays[f"{split}-sizes"] = part.sizes
    if world.captions is not None:
        arrays["captions-train"] = world.captions.train
        arrays["captions-val"] = world.captions.val
        for name in _TAG_ARRAYS:
            arrays[f"captions-{name}"] = getattr(world.captions.tags, name)
    if world.sketches is not None:
        for name, vectors in world.sketches.drawings.items():
            arrays[f"sketch-{name}"] = vectors
        arrays["sketch-classes"] = world.sketches.classes
    if world.statistics is not None:
        arrays |= {f"statistics-{name}": each for name, each in asdict(world.statistics).items()}
    return arrays


def _facts(world: World) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": world.name,
        "encoder_id": world.encoder_id,
        "made_of": world.made_of,
        "split_hash": world.split_hash,
        "temperature": float(world.names.temperature),
        "grid": list(world.grid),
        "schedule": asdict(world.schedule),
        "region_views": len(world.parts["train"].regions),
        "sizes": world.parts["train"].sizes is not None,
        "captions": world.captions is not None,
        "drawings": list(world.sketches.drawings) if world.sketches else [],
        "statistics": world.statistics is not None,
        "labels": list(world.vocabulary.names),
        "ids": {split: list(part.ids) for split, part in world.parts.items()},
    }


def _captions(array: Any) -> CaptionReading:
    tags = TagArrays(**{name: np.array(array(f"captions-{name}")) for name in _TAG_ARRAYS})
    return CaptionReading(
        train=np.array(array("captions-train")), val=np.array(array("captions-val")), tags=tags
    )


def _sketches(array: Any, drawings: list[str]) -> SketchSet | None:
    if not drawings:
        return None
    vectors = {name: np.array(array(f"sketch-{name}")) for name in drawings}
    return SketchSet(drawings=vectors, classes=np.array(array("sketch-classes")))


def _statistics(array: Any) -> LabelStatistics:
    names = LabelStatistics.__dataclass_fields__
    return LabelStatistics(**{name: np.array(array(f"statistics-{name}")) for name in names})
