import io
import zipfile

import pytest
from PIL import Image

from components.errors import ArtefactError
from components.search.previews import Previews, write_previews


def test_previews_are_made_once(tmp_path):
    opened = []

    def open_image(content_hash):
        opened.append(content_hash)
        return Image.new("RGB", (100, 50), "red")

    first, second = tmp_path / "a.zip", tmp_path / "previews.zip"
    counts = write_previews(first, ["x", "y", "x"], open_image, long_side_px=40)
    assert (counts.made, counts.reused) == (2, 0)
    counts = write_previews(second, ["y", "z"], open_image, long_side_px=40, previous=first)
    assert (counts.made, counts.reused) == (1, 1)
    assert opened == ["x", "y", "z"]
    assert {entry.compress_type for entry in zipfile.ZipFile(second).infolist()} == {0}
    previews = Previews(tmp_path, 40)
    preview = previews.jpeg("z")
    assert preview is not None
    assert Image.open(io.BytesIO(preview)).size == (40, 20)
    assert previews.jpeg("x") is None
    previews.close()
    first.write_bytes(b"PK damaged")
    assert write_previews(second, ["y"], open_image, long_side_px=40, previous=first).made == 1
    with pytest.raises(ArtefactError):
        Previews(tmp_path / "nowhere", 40)
