"""Real photographs and sketches of seven classes, one class a picture."""

from pathlib import Path

import numpy as np
from blake3 import blake3

from bench.sketch_vectors import drawings_of, encoded
from bench.world import Part, SketchSet, World, is_current, save_world
from components.data.images import decode_image
from components.encoders.catalog import build_encoder
from components.encoders.config import ConseConfig
from components.encoders.encoder import Encoder
from components.encoders.prompts import label_vectors
from components.labels.states import ABSENT, PRESENT
from components.labels.vocabulary import Vocabulary
from components.training.settings import Schedule
from components.training.task import Names

IMAGE_SIZE_PX = 224


def make_pacs(folder: Path, out: Path) -> Path:
    """Encode the pictures below ``folder``/photo/CLASS and ``folder``/sketch/CLASS."""
    names = tuple(sorted(path.name for path in (folder / "photo").iterdir()))
    files = {
        kind: [path for name in names for path in sorted((folder / kind / name).iterdir())]
        for kind in ("photo", "sketch")
    }
    encoder = build_encoder(ConseConfig(image_size_px=IMAGE_SIZE_PX))
    made_of = _fingerprint(encoder.id, [*files["photo"], *files["sketch"]])
    target = out / "worlds" / "pacs280"
    if not is_current(target, made_of):
        save_world(_world(files, names, encoder, made_of), target)
    return target


def _world(
    files: dict[str, list[Path]], names: tuple[str, ...], encoder: Encoder, made_of: str
) -> World:
    images = {kind: [decode_image(path) for path in paths] for kind, paths in files.items()}
    classes = {
        kind: np.array([names.index(path.parent.name) for path in paths])
        for kind, paths in files.items()
    }
    photos = encoded(images["photo"], encoder)
    shown = classes["photo"][:, None] == np.arange(len(names))
    vocabulary = Vocabulary(names)
    nothing = Part(
        ids=(),
        states=np.zeros((0, len(names)), np.int8),
        views=np.zeros((1, 0, photos.shape[1]), np.float32),
    )
    gallery = Part(
        ids=tuple("/".join(path.parts[-2:]) for path in files["photo"]),
        states=np.where(shown, PRESENT, ABSENT).astype(np.int8),
        views=photos[None],
    )
    return World(
        name="pacs280",
        encoder_id=encoder.id,
        vocabulary=vocabulary,
        names=Names(vectors=label_vectors(encoder, vocabulary), temperature=encoder.temperature),
        grid=(0, 0),
        schedule=Schedule(epochs=1, batch_size=1, learning_rate=1.0),
        parts={"train": nothing, "val": nothing, "test": gallery},
        sketches=SketchSet(
            drawings=drawings_of(images["sketch"], encoder), classes=classes["sketch"]
        ),
        made_of=made_of,
    )


def _fingerprint(encoder_id: str, files: list[Path]) -> str:
    digest = blake3(encoder_id.encode())
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
