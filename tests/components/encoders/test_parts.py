"""Batches encoded in parts on threads."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.encoder import Encoder, ImageVectors
from components.encoders.parts import PART, part_encoder

CARDS = Path(__file__).parents[3] / "examples" / "cards" / "encoder"


def first_pixel_encoder(seen: list[tuple[int, int]]) -> Encoder:
    """Shows which way round its pixels come, how many at once and on how many threads."""

    def encode_images(pixels):
        seen.append((len(pixels), torch.get_num_threads()))
        return ImageVectors(pixels[:, 0, 0, :1].float(), torch.zeros(len(pixels), 0, 1))

    toy = SimpleNamespace(
        id="toy-0",
        embed_dim=1,
        grid=(0, 0),
        num_regions=0,
        temperature=1.0,
        preprocess=str,
        encode_images=encode_images,
        encode_texts=str,
    )
    return cast(Encoder, toy)


def test_flip_is_the_mirror_image_and_order_stays():
    pixels = torch.arange(11 * 3 * 2 * 5).reshape(11, 3, 2, 5)
    with part_encoder(first_pixel_encoder([]), "cpu", 3) as parts:
        vectors = parts.encode_views(pixels, ("original", "flip"))
    assert vectors["original"].global_vectors.flatten().tolist() == list(range(0, 330, 30))
    assert vectors["flip"].global_vectors.flatten().tolist() == list(range(4, 334, 30))


@pytest.mark.parametrize("num_threads", [0, 1, 3])
def test_parts_are_of_one_size_on_one_thread_each_whatever_the_number(num_threads):
    before = torch.get_num_threads()
    seen = []
    with part_encoder(first_pixel_encoder(seen), "cpu", num_threads) as parts:
        parts.encode_views(torch.zeros(2 * PART + 1, 3, 1, 1), ("original",))
    assert sorted(seen) == [(1, 1), (PART, 1), (PART, 1)]
    assert torch.get_num_threads() == before


def test_an_accelerator_takes_whole_batches():
    seen = []
    with part_encoder(first_pixel_encoder(seen), "cuda", 3) as parts:
        parts.encode_views(torch.zeros(2 * PART + 1, 3, 1, 1), ("original",))
    assert [size for size, _ in seen] == [2 * PART + 1]


def test_vectors_do_not_depend_on_the_number_of_threads():
    """A plain forward pass of these weights differs between one thread and two."""
    encoder = build_encoder(OpenClipConfig(model=f"local-dir:{CARDS}"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pixels = torch.rand(7, *encoder.preprocess(_grey()).shape)
    found = []
    for num_threads in (1, 2, 3):
        with part_encoder(encoder, "cpu", num_threads) as parts:
            found.append(parts.encode_views(pixels, ("original",))["original"])
    for other in found[1:]:
        assert torch.equal(other.global_vectors, found[0].global_vectors)
        assert torch.equal(other.region_vectors, found[0].region_vectors)


def _grey():
    from PIL import Image

    return Image.new("RGB", (32, 32), (127, 127, 127))
