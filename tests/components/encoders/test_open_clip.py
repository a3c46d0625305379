"""open_clip encoders on tiny checkpoints made here."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.open_clip import OpenClipEncoder
from tests.components.encoders.drawn_images import drawn_images
from tests.components.encoders.tiny_checkpoint import register, write_checkpoint

GOLDEN = Path(__file__).with_name("golden_open_clip.npy")


def local(directory: Path) -> OpenClipConfig:
    return OpenClipConfig(model=f"local-dir:{directory}")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def encoder(checkpoint):
    return build_encoder(local(checkpoint))


def stacked(encoder) -> torch.Tensor:
    return torch.stack([encoder.preprocess(image) for image in drawn_images()])


def test_vectors_are_those_of_the_model_itself(encoder):
    pixels = stacked(encoder)
    vectors = encoder.encode_images(pixels)
    expected = torch.nn.functional.normalize(encoder._model.encode_image(pixels), dim=-1)
    torch.testing.assert_close(vectors.global_vectors, expected)
    assert vectors.region_vectors.shape == (4, encoder.num_regions, encoder.embed_dim)
    assert encoder.grid == (4, 4)
    torch.testing.assert_close(vectors.region_vectors.norm(dim=2), torch.ones(4, 16))


def test_regions_of_a_vision_transformer_are_its_projected_tokens(encoder):
    pixels = stacked(encoder)
    visual = encoder._model.visual
    visual.output_tokens = True
    _, tokens = visual(pixels)
    visual.output_tokens = False
    expected = torch.nn.functional.normalize(tokens @ visual.proj, dim=-1)
    torch.testing.assert_close(encoder.encode_images(pixels).region_vectors, expected)


@pytest.mark.parametrize(("tower", "grid"), [("resnet", (2, 2)), ("timm", (0, 0))])
def test_other_towers(tmp_path, tower, grid):
    encoder = build_encoder(local(write_checkpoint(tmp_path, tower)))
    assert isinstance(encoder, OpenClipEncoder)
    vectors = encoder.encode_images(stacked(encoder))
    assert encoder.grid == grid
    assert vectors.region_vectors.shape == (4, grid[0] * grid[1], 24)
    expected = torch.nn.functional.normalize(encoder._model.encode_image(stacked(encoder)), dim=-1)
    torch.testing.assert_close(vectors.global_vectors, expected)


def test_golden_vectors(encoder):
    """Guards resize, crop, normalisation and tokenizer against change in any library."""
    vectors = encoder.encode_images(stacked(encoder)).global_vectors
    texts = encoder.encode_texts(["a photo of a cat", "two dogs"])
    cosines = (torch.cat([vectors, texts]).numpy() * np.load(GOLDEN)).sum(axis=1)
    assert cosines.min() >= 0.9999


def test_texts_use_the_merges_beside_the_checkpoint(encoder):
    tokens = encoder._tokenize(["cat dog"])
    assert (tokens != 0).sum() == 4  # start, cat, dog, end: one token a word by our merges
    assert encoder.encode_texts([]).shape == (0, 24)


def test_a_text_of_any_length_is_one_unit_vector(encoder):
    texts = ["", "a" * 100_000, " " * 100_000 + "cat", "絵札 " * 30_000]
    vectors = encoder.encode_texts(texts)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    torch.testing.assert_close(vectors[2], encoder.encode_texts(["cat"])[0])


def test_a_very_long_picture_needs_no_more_memory_than_its_crop(encoder):
    pixels = encoder.preprocess(Image.new("RGB", (200_000, 2), (200, 30, 30)))
    square = encoder.preprocess(Image.new("RGB", (32, 32), (200, 30, 30)))
    torch.testing.assert_close(pixels, square)


def test_temperature_is_the_learned_one(encoder):
    assert encoder.temperature == pytest.approx(0.07)


def test_id_ignores_place_and_format_of_the_weights(tmp_path, checkpoint, encoder):
    moved = tmp_path / "elsewhere"
    shutil.copytree(checkpoint, moved)
    assert build_encoder(local(moved)).id == encoder.id
    weights = load_file(moved / "open_clip_model.safetensors")
    torch.save(weights, moved / "weights.pth")
    (moved / "open_clip_model.safetensors").unlink()
    assert build_encoder(local(moved)).id == encoder.id


def _nudge_one_weight(directory: Path) -> None:
    path = directory / "open_clip_model.safetensors"
    weights = load_file(path)
    weights["visual.proj"][0, 0] += 1e-4
    save_file(weights, path)


def _change_mean(directory: Path) -> None:
    path = directory / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["preprocess_cfg"]["mean"][0] = 0.51
    path.write_text(json.dumps(config))


def _change_resize(directory: Path) -> None:
    path = directory / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["preprocess_cfg"]["resize_mode"] = "squash"
    path.write_text(json.dumps(config))


def _drop_merges(directory: Path) -> None:
    (directory / "bpe_merges.txt.gz").unlink()


@pytest.mark.parametrize("change", [_nudge_one_weight, _change_mean, _change_resize, _drop_merges])
def test_id_changes_with_whatever_changes_the_vectors(tmp_path, checkpoint, encoder, change):
    changed = tmp_path / "changed"
    shutil.copytree(checkpoint, changed)
    change(changed)
    assert build_encoder(local(changed)).id != encoder.id


def test_a_checkpoint_file_with_the_name_of_its_architecture(checkpoint, encoder):
    name = register(checkpoint, "efuda-test-vit")
    file = checkpoint / "open_clip_model.safetensors"
    loaded = build_encoder(OpenClipConfig(model=name, pretrained=str(file)))
    # Preprocessing and tokenizer do not come with a bare file, so the id differs.
    assert loaded.id != encoder.id
    pixels = stacked(encoder)
    torch.testing.assert_close(
        loaded.encode_images(pixels).global_vectors, encoder.encode_images(pixels).global_vectors
    )
