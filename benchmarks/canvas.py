"""How many simple things, drawn with a few strokes, are found in the demo's pictures.

Run from the project root: ``python -m benchmarks.canvas [--json] [--quick]``. It draws the
demo's scenes and sketches, encodes them with ``examples/cards/encoder`` and asks the twenty
drawings of ``examples/cards/canvas_shapes.py`` as the service does: each kind of picture
without its mean. A thing is found when one of the first six answers shows it.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32
from PIL import Image

from benchmarks.figures import Figure, run_benchmark_or_part
from components.data.images import decode_image
from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.encoder import Encoder
from components.search.index import SearchIndex, unit_rows
from components.search.modality_means import ModalityMeans, SketchSearch
from examples.cards.canvas_shapes import SHAPES, as_sent
from examples.cards.concepts import concepts
from examples.cards.draw import draw
from examples.cards.measure import load_truth
from pipelines.index.background_queries import encode_pictures

ENCODER = Path(__file__).parents[1] / "examples" / "cards" / "encoder"
SEED = 7
ANSWERS = 6
WHOLE = (4000, 4)
PART = (1000, 2)
"""Scenes, and sketches of each concept."""
AT_ONCE = 64


def measure(quick: bool) -> Iterator[Figure]:
    """Shapes of twenty whose thing one of the first six answers shows; then the ranks."""
    encoder = build_encoder(OpenClipConfig(model=f"local-dir:{ENCODER}"))
    num_scenes, num_sketches = PART if quick else WHOLE
    with tempfile.TemporaryDirectory() as folder:
        data, workers = Path(folder), os.cpu_count() or 1
        draw(data, num_scenes=num_scenes, seed=SEED, num_sketches=num_sketches, workers=workers)
        paths, truth = load_truth(data)
        photos = encoded(encoder, paths)
        sketches = encoded(encoder, sorted((data / "sketches").glob("*/*.png")))
    ranks = first_ranks(encoder, photos, sketches, truth)
    shares = np.array([truth[:, list(concepts()).index(name)].mean() for name in SHAPES])
    yield Figure(
        name="shapes_found",
        value=float(sum(rank <= ANSWERS for rank in ranks.values())),
        unit=f"of {len(SHAPES)}",
        against=f"{(1 - (1 - shares) ** ANSWERS).sum():.1f} by chance",
    )
    for name, rank in ranks.items():
        yield Figure(name=f"rank_of_{name.replace(' ', '_')}", value=float(rank), unit="rank")


def encoded(encoder: Encoder, paths: list[Path]) -> Float32[np.ndarray, "pictures embed"]:
    """Unit vectors of picture files."""
    parts = [
        encode_pictures(encoder, [decode_image(path) for path in paths[start : start + AT_ONCE]])
        for start in range(0, len(paths), AT_ONCE)
    ]
    return unit_rows(np.concatenate(parts))


def first_ranks(
    encoder: Encoder,
    photos: Float32[np.ndarray, "photos embed"],
    sketches: Float32[np.ndarray, "sketches embed"],
    truth: Bool[np.ndarray, "photos concepts"],
) -> dict[str, int]:
    """Place of the first answer that shows the thing, from 1, for each shape."""
    means = ModalityMeans(photos.mean(axis=0), sketches.mean(axis=0), "sketches")
    finder = SketchSearch(SearchIndex(encoder.id, photos.astype(np.float16)), means)
    drawn: list[Image.Image] = [as_sent(strokes()) for strokes in SHAPES.values()]
    hits = finder.search(encode_pictures(encoder, drawn), len(photos), encoder_id=encoder.id)
    columns = list(concepts())
    return {
        name: int(truth[rows, columns.index(name)].argmax()) + 1
        for name, rows in zip(SHAPES, hits.rows, strict=True)
    }


if __name__ == "__main__":
    run_benchmark_or_part(measure)
