import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from components.captions.captioned_images import CaptionedImages, TagList
from components.captions.kept_captions import KeptCaptions
from components.captions.tag_matrix import TagMatrix
from components.errors import ArtefactError


def kept() -> KeptCaptions:
    pairs = np.array([0, 1]), np.array([1, 0])
    matrix = TagMatrix.of_pairs(*pairs, num_rows=2, num_tags=2)
    tags = TagList(matrix, np.eye(2, 4, dtype=np.float32))
    images = CaptionedImages(captions=tags, objects=tags, attributes=tags)
    return KeptCaptions(
        encoder_id="toy-1", grid=(2, 3), made_of="m", example_ids=("a", "b"), images=images
    )


def test_the_same_captions_are_the_same_bytes_each_time(tmp_path):
    path = tmp_path / "captions.safetensors"
    written = set()
    for _ in range(16):
        kept().save(path)
        written.add(path.read_bytes())
    assert len(written) == 1
    found = KeptCaptions.load(path)
    assert found.fingerprint == kept().fingerprint
    assert (found.grid, found.example_ids, found.made_of) == ((2, 3), ("a", "b"), "m")


def test_files_of_earlier_versions_are_read(tmp_path):
    path = tmp_path / "captions.safetensors"
    kept().save(path)
    notes = {
        "encoder_id": "toy-1",
        "grid": json.dumps([2, 3]),
        "made_of": "m",
        "example_ids": json.dumps(["a", "b"]),
    }
    save_file(load_file(path), path, metadata=notes)
    assert KeptCaptions.load(path).fingerprint == kept().fingerprint
    save_file(load_file(path), path, metadata=notes | {"grid": "[2"})
    with pytest.raises(ArtefactError, match="holds no captions"):
        KeptCaptions.load(path)
