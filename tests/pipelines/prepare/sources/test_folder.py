from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from components.errors import InputError
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.records import SourceRecords
from project.settings.source import SourceSettings


def draw(root: Path, *images: str) -> None:
    for image in images:
        path = root / image
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)


def read(root: Path, **settings: Any) -> SourceRecords:
    return read_source(SourceSettings(kind="folder", images="images", **settings), root)


def test_each_image_shows_the_class_of_its_folder(tmp_path: Path) -> None:
    draw(tmp_path / "images", "dog/1.jpg", "cat/deep/2.png", "stray.jpg", ".hidden/3.jpg")
    (tmp_path / "images" / "axolotl").mkdir()
    source = read(tmp_path)
    cells = {record.id: dict(record.cells) for record in source.records}
    assert cells == {"cat/deep/2.png": {"cat": 1}, "dog/1.jpg": {"dog": 1}, "stray.jpg": {}}
    # A class without an image is kept.
    assert source.label_names == ("axolotl", "cat", "dog")
    assert all(record.rest == 0 for record in source.records)


def test_folders_named_by_split(tmp_path: Path) -> None:
    draw(tmp_path / "images", "train/dog/1.jpg", "train/cat/2.jpg", "valid/cat/3.jpg")
    source = read(tmp_path)
    assert [record.split for record in source.records] == ["train", "train", "val"]
    assert source.label_names == ("cat", "dog")


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    draw(tmp_path / "images", "train/1.jpg", "bus/2.jpg")
    source = read(tmp_path)
    assert source.label_names == ("bus", "train")
    assert {record.split for record in source.records} == {None}


def test_no_class_folder(tmp_path: Path) -> None:
    draw(tmp_path / "images", "1.jpg")
    with pytest.raises(InputError, match="one a class"):
        read(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"source\.images must name a folder.*does not exist"):
        read(tmp_path)
