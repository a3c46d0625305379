"""What the encoders reach without training, and how fast they are.

Run from the project root: ``python -m benchmarks.encoders [--json]``. Photographs are
looked for in EFUDA_REAL_DATA (default ../shared/real).
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.special import logsumexp

from benchmarks.figures import REAL, Figure, run_benchmark
from components.data.images import decode_image
from components.encoders.batches import loaded_batches
from components.encoders.catalog import build_encoder
from components.encoders.config import ConseConfig, EncoderConfig, OpenClipConfig
from components.encoders.encoder import Encoder
from components.encoders.prompts import label_vectors
from components.labels.vocabulary import Vocabulary
from components.metrics.bootstrap import (
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.ranking import average_precision

COCO = REAL / "coco256"
CARDS_ENCODER = Path("examples/cards/encoder")
REGION_SCALE = 20.0
DESIGN = {"global": 0.421, "regions_lse20": 0.453}
NUM_DRAWS = 1000
BATCH_SIZE = 32
NUM_TIMED = 96
NUM_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class LabelledPhotographs:
    """Photographs with every label known."""

    paths: tuple[Path, ...]
    truth: np.ndarray
    vocabulary: Vocabulary


def measure() -> Iterator[Figure]:
    """Zero-shot quality of conse on photographs, and throughput of every encoder here."""
    if COCO.is_dir():
        photographs = read_coco()
        for variant in ("plain", "local"):
            encoder = build_encoder(ConseConfig(variant=variant))
            yield from zero_shot(encoder, photographs, variant)
        yield from throughput("conse", ConseConfig(), photographs.paths)
        if CARDS_ENCODER.is_dir():
            cards = OpenClipConfig(model=f"local-dir:{CARDS_ENCODER}")
            yield from throughput("cards_open_clip", cards, photographs.paths)
    else:
        print(f"skipped: no photographs at {COCO}; set EFUDA_REAL_DATA", file=sys.stderr)


def read_coco() -> LabelledPhotographs:
    """The 256 photographs and their 80 labels, present where a box is."""
    content = json.loads((COCO / "instances.json").read_text(encoding="utf-8"))
    rows = {image["id"]: row for row, image in enumerate(content["images"])}
    columns = {label["id"]: column for column, label in enumerate(content["categories"])}
    truth = np.zeros((len(rows), len(columns)), dtype=bool)
    for box in content["annotations"]:
        truth[rows[box["image_id"]], columns[box["category_id"]]] = True
    return LabelledPhotographs(
        tuple(COCO / "images" / image["file_name"] for image in content["images"]),
        truth,
        Vocabulary(tuple(label["name"] for label in content["categories"])),
    )


def zero_shot(encoder: Encoder, photographs: LabelledPhotographs, variant: str) -> Iterator[Figure]:
    """Mean AP by cosine with the label names: whole images, and pooled over regions."""
    targets = label_vectors(encoder, photographs.vocabulary)
    whole, pooled = [], []
    for batch in batches(encoder, photographs.paths, num_threads=2):
        encoded = encoder.encode_images(batch)
        whole.append(encoded.global_vectors.numpy() @ targets.T)
        cosines = encoded.region_vectors.numpy() @ targets.T
        pooled.append(logsumexp(REGION_SCALE * cosines, axis=1) / REGION_SCALE)
    name = "conse" if variant == "plain" else f"conse_{variant}"
    for kind, scores in (("global", whole), ("regions_lse20", pooled)):
        yield mean_average_precision_figure(
            f"{name}_zero_shot_map_{kind}", np.concatenate(scores), photographs.truth, DESIGN[kind]
        )


def mean_average_precision_figure(
    name: str, scores: np.ndarray, truth: np.ndarray, against: float
) -> Figure:
    """Mean AP over labels with a positive, with a bootstrap interval over images."""
    value = float(np.nanmean(average_precision(scores, truth)))
    weights = draw_images(len(truth), NUM_DRAWS, seed=0)
    known = np.ones_like(truth)
    draws = drawn_mean_average_precision(drawn_average_precision(scores, truth, known, weights))
    bounds = interval(value, draws)
    return Figure(
        name=name, value=value, unit="1", low=bounds.low, high=bounds.high, against=against
    )


def throughput(name: str, config: EncoderConfig, paths: Sequence[Path]) -> Iterator[Figure]:
    """Images a second from file to vectors, decoding included: median, lowest, highest."""
    encoder = build_encoder(config)
    paths = paths[:NUM_TIMED]
    threads_before = torch.get_num_threads()
    for num_threads in (1, 2):
        torch.set_num_threads(num_threads)
        rates = []
        for _ in range(NUM_ROUNDS + 1):
            started_s = time.perf_counter()
            for batch in batches(encoder, paths, num_threads):
                encoder.encode_images(batch)
            rates.append(len(paths) / (time.perf_counter() - started_s))
        rates = sorted(rates[1:])  # the first round also loads and warms up
        yield Figure(
            name=f"{name}_throughput_{num_threads}_threads",
            value=rates[len(rates) // 2],
            unit="images/s",
            low=rates[0],
            high=rates[-1],
        )
    torch.set_num_threads(threads_before)


def batches(encoder: Encoder, paths: Sequence[Path], num_threads: int) -> Iterator[torch.Tensor]:
    """Decoded and preprocessed pixels."""
    for batch in loaded_batches(
        paths,
        lambda path: encoder.preprocess(decode_image(path)),
        batch_size=BATCH_SIZE,
        num_threads=num_threads,
    ):
        if batch.pixels is not None:
            yield batch.pixels


if __name__ == "__main__":
    run_benchmark(measure)
