from pathlib import Path

import torch
from blake3 import blake3

from components.encoders.batches import Fault
from project.embedding.pixels import load_pixels
from project.embedding.shard_plan import ImageWork
from tests.serving.attacks.hostile_pictures import jpeg_scans


def test_what_is_too_costly_is_a_fault_that_embed_sets_aside(tmp_path: Path) -> None:
    file = tmp_path / "scans.jpg"
    file.write_bytes(jpeg_scans())
    work = ImageWork(blake3(file.read_bytes()).hexdigest(), (str(file),))
    found = load_pixels(work, lambda image: torch.zeros(3, *image.size))
    assert isinstance(found, Fault)
    assert found.reason == "too_costly"
    assert found.detail.startswith("too costly to decode: a JPEG in ")
