"""Eight ways to begin, each from nothing to a service that answers."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
from pillow_heif import register_heif_opener

from tests.first_hour.newcomer import Newcomer
from tests.first_hour.photographs import (
    SIDE_PX,
    photographs,
    vocabulary,
    write_jpegs,
    write_sketches,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    return Newcomer(tmp_path)


def write_coco(path: Path, extension: str) -> None:
    ids = {label: number for number, label in enumerate(vocabulary(), start=1)}
    shown = list(enumerate(photographs()))
    document = {
        "images": [
            {
                "id": number,
                "file_name": f"{each.name}{extension}",
                "width": SIDE_PX,
                "height": SIDE_PX,
            }
            for number, each in shown
        ],
        "annotations": [
            {
                "id": 100 * number + place,
                "image_id": number,
                "category_id": ids[label],
                "bbox": [box.left, box.top, box.width, box.height],
            }
            for number, each in shown
            for place, (label, box) in enumerate(each.things)
        ],
        "categories": [{"id": number, "name": label} for label, number in ids.items()],
    }
    path.write_text(json.dumps(document), encoding="utf-8")


def test_names_only(newcomer):
    photos = write_jpegs(newcomer.home / "photos")
    newcomer.starts("--images", photos, "--names", ",".join(vocabulary()))
    newcomer.ends_well(photos / "DSC_0003.jpg", vocabulary()[0])
    report = (newcomer.root / "reports" / "report.html").read_text(encoding="utf-8")
    assert "not measured" in report.lower()
    assert "nan" not in report.lower().split()


def test_a_table_with_odd_columns(newcomer):
    """Half of the cells are known; a date and a rating stand beside them."""
    photos = write_jpegs(newcomer.home / "photos")
    table = newcomer.home / "labels.csv"
    labels = vocabulary()
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Photo File", "taken on", "rating", *labels])
        for number, each in enumerate(photographs()):
            states = [
                (1 if label in each.labels else -1) if (number + place) % 2 else ""
                for place, label in enumerate(labels)
            ]
            writer.writerow(
                [f"{each.name}.jpg", f"2024-05-{number % 28 + 1:02}", number % 5 + 1, *states]
            )
    newcomer.starts("--source", "csv", "--images", photos, "--annotations", table)
    told = newcomer.is_told("run")
    assert "Photo File" in told
    newcomer.sets(source={"columns": {"image": "Photo File"}})
    told = newcomer.is_told("run")
    assert "taken on" in told
    assert "rating" in told
    newcomer.sets(source={"columns": {"image": "Photo File", "labels": labels}})
    newcomer.ends_well(photos / "DSC_0003.jpg", labels[0])


def test_coco_whose_extensions_are_written_otherwise(newcomer):
    photos = write_jpegs(newcomer.home / "photos", ".JPG")
    instances = newcomer.home / "instances.json"
    write_coco(instances, ".jpg")
    newcomer.starts("--source", "coco", "--images", photos, "--annotations", instances)
    told = newcomer.is_told("run")
    assert "DSC_0000.jpg" in told
    assert "DSC_0000.JPG" in told
    newcomer.sets(source={"match": ["ignore_case"]})
    newcomer.ends_well(photos / "DSC_0003.JPG", vocabulary()[0])


def test_folders_with_sketches(newcomer):
    photos = newcomer.home / "photos"
    for each in photographs():
        folder = photos / each.labels[0]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{each.name}.jpg").write_bytes(each.jpeg)
    sketches = write_sketches(newcomer.home / "sketches")
    newcomer.starts("--source", "folder", "--images", photos, "--sketches", sketches)
    label = photographs()[3].labels[0]
    newcomer.ends_well(photos / label / "DSC_0003.jpg", label)
    with newcomer.served() as client:
        drawn = next((sketches / label).iterdir())
        assert len(client.search(sketch=drawn, k=5)["results"]) == 5


def test_captions(newcomer):
    photos = write_jpegs(newcomer.home / "photos")
    captions = newcomer.home / "captions.jsonl"
    lines = [
        json.dumps({"image": f"{each.name}.jpg", "caption": each.captions[0]})
        for each in photographs()
    ]
    captions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    newcomer.starts("--images", photos, "--captions", captions)
    newcomer.ends_well(photos / "DSC_0003.jpg", photographs()[3].captions[0])


def test_yolo(newcomer):
    photos = write_jpegs(newcomer.home / "set" / "images")
    labels = newcomer.home / "set" / "labels"
    labels.mkdir()
    places = {label: place for place, label in enumerate(vocabulary())}
    for each in photographs():
        rows = [
            f"{places[label]} {(box.left + box.width / 2) / SIDE_PX:.6f} "
            f"{(box.top + box.height / 2) / SIDE_PX:.6f} "
            f"{box.width / SIDE_PX:.6f} {box.height / SIDE_PX:.6f}"
            for label, box in each.things
        ]
        (labels / f"{each.name}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (labels / "classes.txt").write_text("\n".join(places) + "\n", encoding="utf-8")
    newcomer.starts("--source", "yolo", "--images", photos, "--annotations", labels)
    newcomer.ends_well(photos / "DSC_0003.jpg", vocabulary()[0])


def test_photographs_of_a_phone(newcomer):
    register_heif_opener()
    photos = newcomer.home / "DCIM"
    photos.mkdir()
    for each in photographs():
        each.image().save(photos / f"{each.name}.HEIC", quality=90)
    (photos / "DSC_0000.MOV").write_bytes(b"a film")
    names = newcomer.home / "names.txt"
    names.write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    newcomer.starts("--images", photos, "--names", names)
    newcomer.ends_well(photos / "DSC_0003.HEIC", vocabulary()[0])


def test_a_project_that_moves_and_is_cloned(newcomer):
    """One moves it with its photographs; another clones it and pulls the data."""
    first = newcomer.home / "first"
    photos = write_jpegs(first / "photos")
    instances = first / "instances.json"
    write_coco(instances, ".jpg")
    here = Newcomer(first)
    here.starts("--source", "coco", "--images", photos, "--annotations", instances)
    here.ends_well(photos / "DSC_0003.jpg", vocabulary()[0])

    second = newcomer.home / "second"
    shutil.move(first, second)
    moved = Newcomer(second)
    said = moved.succeeds("run")
    assert "Running stage" not in said.out + said.err
    moved.ends_well(second / "photos" / "DSC_0003.jpg", vocabulary()[0])

    dvc = [sys.executable, "-m", "dvc"]
    store = newcomer.home / "store"
    for command in (
        [*dvc, "remote", "add", "-d", "store", str(store)],
        [*dvc, "push", "-q"],
        ["git", "add", "."],
        ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "first"],
    ):
        said = moved.runs(*command)
        assert said.status == 0, said.err
    third = newcomer.home / "third"
    third.mkdir()
    for name in ("photos", "instances.json"):  # sources are the user's own to bring
        (third / name).symlink_to(second / name)
    cloned = Newcomer(third)
    assert cloned.runs("git", "clone", "-q", moved.root, "own", at=third).status == 0
    said = cloned.runs(*dvc, "pull", "-q")
    assert said.status == 0, said.err
    advice = cloned.types("doctor")
    assert "efuda register" in advice.out + advice.err or "efuda run" in advice.out + advice.err
    cloned.ends_well(third / "photos" / "DSC_0003.jpg", vocabulary()[0])
