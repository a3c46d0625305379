"""The encoder's training examples, drawn once and kept in a folder of chunks.

A chunk that is there is not drawn again, so that a run that was stopped goes on, and a
second run trains at once. Chunk ``i`` depends on the tables and on ``i`` alone.
"""

import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from open_clip.tokenizer import SimpleTokenizer
from PIL import Image

from components.atomic import atomic_path
from examples.cards.concepts import HERE
from examples.cards.encoder_model import CONTEXT_LENGTH, IMAGE_PX, load_tokenizer
from examples.cards.pretraining import MOST_THINGS, draw_example

CHUNK = 500
NUM_CAPTIONS = 3
OWNERS_PX = 32
"""Side of the map that says which thing is seen where."""
DRAWN_BY = (
    "captions",
    "clutter",
    "hand_drawing",
    "painting",
    "pictures",
    "pretraining",
    "scenes",
    "sketches",
    "training_words",
)
"""Modules whose change makes other examples."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Arrays with a row for each example."""

    pixels: np.ndarray
    """uint8, (examples, height, width, 3)."""
    owners: np.ndarray
    """uint8, (examples, side, side): which thing is seen where, from 1; 0 is the ground."""
    subjects: np.ndarray
    """int16, (examples, things): rows of the word table, -1 where there is none."""
    colours: np.ndarray
    """int8, (examples, things): places in ``COLOURS``, -1 without a colour."""
    captions: np.ndarray
    """int16, (examples, captions, context): tokens."""


def pool_word() -> str:
    """A word that changes whenever the examples would."""
    hashed = hashlib.sha256(f"{CHUNK} {IMAGE_PX} {OWNERS_PX} {NUM_CAPTIONS}".encode())
    for name in (*(f"{n}.py" for n in DRAWN_BY), "concepts.csv", "contexts.csv", "others.csv"):
        hashed.update((HERE / name).read_bytes())
    return hashed.hexdigest()[:12]


@cache
def _tokenizer(folder: Path) -> SimpleTokenizer:
    return load_tokenizer(folder)


def _draw_chunk(number: int, folder: Path, merges: Path) -> None:
    shape = (CHUNK, IMAGE_PX, IMAGE_PX, 3)
    chunk = Pool(
        pixels=np.empty(shape, np.uint8),
        owners=np.empty((CHUNK, OWNERS_PX, OWNERS_PX), np.uint8),
        subjects=np.full((CHUNK, MOST_THINGS), -1, np.int16),
        colours=np.full((CHUNK, MOST_THINGS), -1, np.int8),
        captions=np.empty((CHUNK, NUM_CAPTIONS, CONTEXT_LENGTH), np.int16),
    )
    for row in range(CHUNK):
        example = draw_example(number * CHUNK + row, NUM_CAPTIONS)
        picture, size = Image.fromarray(example.pixels), (IMAGE_PX, IMAGE_PX)
        chunk.pixels[row] = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
        owners = Image.fromarray(example.owners).resize((OWNERS_PX, OWNERS_PX), 0)
        chunk.owners[row] = np.asarray(owners)
        chunk.subjects[row, : len(example.subjects)] = example.subjects
        chunk.colours[row, : len(example.colours)] = example.colours
        chunk.captions[row] = _tokenizer(merges)(list(example.captions)).numpy()
    with atomic_path(_chunk_path(folder, number)) as temporary, temporary.open("wb") as file:
        np.savez(file, **{f.name: getattr(chunk, f.name) for f in fields(Pool)})


def _chunk_path(folder: Path, number: int) -> Path:
    return folder / f"{number:04d}.npz"


def draw_pool(num_examples: int, cache_folder: Path, merges: Path, num_workers: int) -> Pool:
    """Examples 0 to ``num_examples`` (rounded up to whole chunks), drawn where they are missing.

    Args:
        num_examples: How many.
        cache_folder: Where chunks are kept, in a folder named after what they depend on.
        merges: Folder with the tokenizer's merges.
        num_workers: Processes that draw.
    """
    folder = cache_folder / pool_word()
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(-(-num_examples // CHUNK))
    missing = [number for number in numbers if not _chunk_path(folder, number).exists()]
    if missing:
        # Forking would copy threads of torch that are already running.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(num_workers, mp_context=context) as workers:
            for done in [workers.submit(_draw_chunk, n, folder, merges) for n in missing]:
                done.result()
    parts: dict[str, list[np.ndarray]] = {field.name: [] for field in fields(Pool)}
    for number in numbers:
        with np.load(_chunk_path(folder, number)) as chunk:
            for name, arrays in parts.items():
                arrays.append(chunk[name])
    return Pool(**{name: np.concatenate(arrays) for name, arrays in parts.items()})
