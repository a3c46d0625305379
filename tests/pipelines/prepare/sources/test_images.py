from pathlib import Path

import pytest
from PIL import Image

from components.errors import InputError
from pipelines.prepare.sources.catalog import read_source
from project.settings.source import SourceSettings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("photos/1.png", "photos/trip/2.png", "photos/drawn/owl/3.png"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), "red").save(file)
    return tmp_path


def test_every_image_is_there_and_nothing_is_known(root):
    source = SourceSettings(kind="images", images="photos", vocabulary=("dog", "cat"))
    read = read_source(source, root)
    assert {each.id for each in read.records} == {"1.png", "trip/2.png", "drawn/owl/3.png"}
    assert all(not each.cells and each.rest == 0 for each in read.records)
    assert read.label_names == ("dog", "cat")


def test_sketches_within_are_no_photographs_and_name_the_labels(root):
    source = SourceSettings(kind="images", images="photos", sketches="photos/drawn")
    read = read_source(source, root)
    modality = {each.id: each.modality for each in read.records}
    assert sorted(modality.values()) == ["photo", "photo", "sketch"]
    assert read.label_names == ("owl",)


def test_without_any_name_it_asks_for_some(root):
    with pytest.raises(InputError, match=r"source\.vocabulary"):
        read_source(SourceSettings(kind="images", images="photos"), root)
