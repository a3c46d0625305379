from pathlib import Path
from typing import Any

from PIL import Image

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


def test_sketches_stand_beside_photographs(tmp_path: Path) -> None:
    draw(tmp_path / "images", "teddy bear/1.jpg", "dog/2.jpg")
    draw(tmp_path / "sketches", "Teddy_Bear/1.png", "dog/2.png", "unicorn/3.png")
    source = read(tmp_path, sketches="sketches")
    sketches = {r.id: dict(r.cells) for r in source.records if r.modality == "sketch"}
    assert sketches == {
        "sketch/Teddy_Bear/1.png": {"teddy bear": 1},
        "sketch/dog/2.png": {"dog": 1},
        "sketch/unicorn/3.png": {},
    }
    assert [fault.reason for fault in source.faults] == ["unknown_label"]
    assert "'unicorn'" in source.faults[0].detail


def test_sketches_within_the_images_are_no_photographs(tmp_path: Path) -> None:
    draw(tmp_path / "images", "dog/1.jpg", "sketches/dog/2.png")
    source = read(tmp_path, sketches="images/sketches")
    assert [(r.id, r.modality) for r in source.records] == [
        ("dog/1.jpg", "photo"),
        ("sketch/dog/2.png", "sketch"),
    ]
    assert source.label_names == ("dog",)
