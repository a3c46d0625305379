"""The embedded encoder for photographs."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from components.data.images import decode_image
from components.encoders.batches import loaded_batches
from components.encoders.catalog import build_encoder
from components.encoders.config import ConseConfig
from components.encoders.prompts import label_vectors
from components.labels.vocabulary import Vocabulary
from components.metrics.ranking import average_precision
from tests.components.encoders.drawn_images import drawn_images

GOLDEN = Path(__file__).with_name("golden_conse.npy")
REAL = Path(os.environ.get("EFUDA_REAL_DATA", "../shared/real"))


@pytest.fixture(scope="module")
def encoder():
    return build_encoder(ConseConfig())


@pytest.fixture(scope="module")
def vectors(encoder):
    return encoder.encode_images(
        torch.stack([encoder.preprocess(image) for image in drawn_images()])
    )


def test_shapes(encoder, vectors):
    assert encoder.grid == (9, 9)
    assert vectors.global_vectors.shape == (4, 384)
    assert vectors.region_vectors.shape == (4, 81, 384)
    torch.testing.assert_close(vectors.global_vectors.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(vectors.region_vectors.norm(dim=2), torch.ones(4, 81))


def test_golden_vectors(encoder, vectors):
    """Guards resize, normalisation, weights, class names and sentences against change."""
    texts = encoder.encode_texts(["a photo of a cat", "two red cars beside a dog"])
    middle = vectors.region_vectors[:, 40]
    computed = torch.cat([vectors.global_vectors, middle, texts]).numpy()
    assert (computed * np.load(GOLDEN)).sum(axis=1).min() >= 0.9999


def test_sentences_are_those_of_the_reference_library(encoder):
    """Values by sentence-transformers on the same weights, first four of 384."""
    vectors = encoder.encode_texts(["a photo of a cat", ""])
    expected = torch.tensor(
        [[0.032963, 0.091185, 0.027717, 0.023629], [-0.118838, 0.048299, -0.002548, -0.011011]]
    )
    torch.testing.assert_close(vectors[:, :4], expected, atol=2e-5, rtol=0)


def test_padding_does_not_leak_between_texts(encoder):
    long = "a quiet street with many bicycles and two dogs under the trees " * 4
    together = encoder.encode_texts(["cat", long])
    alone = torch.cat([encoder.encode_texts(["cat"]), encoder.encode_texts([long])])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert encoder.encode_texts(["x" * 100_000, "a b " * 25_000]).shape == (2, 384)


def test_variant_and_size_are_part_of_the_id(encoder):
    others = {
        build_encoder(ConseConfig(variant="local")).id,
        build_encoder(ConseConfig(image_size_px=224)).id,
    }
    assert len(others | {encoder.id}) == 3
    assert build_encoder(ConseConfig()).id == encoder.id == "conse-8edafff13001"


@pytest.mark.slow
@pytest.mark.skipif(
    not (REAL / "coco256").is_dir(), reason=f"no real data at {REAL}; set EFUDA_REAL_DATA"
)
def test_zero_shot_on_photographs(encoder):
    """The figures of the trial that the recipe was chosen by."""
    truth, names, paths = read_coco256()
    targets = label_vectors(encoder, Vocabulary(names))
    batches = loaded_batches(
        paths,
        lambda path: encoder.preprocess(decode_image(path)),
        batch_size=32,
        num_threads=2,
    )
    whole, pooled = [], []
    for batch in batches:
        encoded = encoder.encode_images(batch.pixels)
        whole.append(encoded.global_vectors.numpy() @ targets.T)
        cosines = torch.from_numpy(encoded.region_vectors.numpy() @ targets.T)
        pooled.append((torch.logsumexp(20 * cosines, dim=1) / 20).numpy())
    precision = average_precision(np.concatenate(whole), truth)
    assert np.isfinite(precision).sum() == 76
    assert np.nanmean(precision) == pytest.approx(0.421, abs=0.015)
    precision = average_precision(np.concatenate(pooled), truth)
    assert np.nanmean(precision) == pytest.approx(0.453, abs=0.015)


def read_coco256():
    content = json.loads((REAL / "coco256" / "instances.json").read_text(encoding="utf-8"))
    rows = {image["id"]: row for row, image in enumerate(content["images"])}
    columns = {label["id"]: column for column, label in enumerate(content["categories"])}
    truth = np.zeros((len(rows), len(columns)), dtype=bool)
    for box in content["annotations"]:
        truth[rows[box["image_id"]], columns[box["category_id"]]] = True
    names = tuple(label["name"] for label in content["categories"])
    paths = [REAL / "coco256" / "images" / image["file_name"] for image in content["images"]]
    return truth, names, paths
