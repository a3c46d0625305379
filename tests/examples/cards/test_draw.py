"""Drawing the data set: the same again, more later, and nobody's files lost."""

import json
from pathlib import Path

import pytest
from PIL import Image

from components.errors import InputError
from examples.cards import draw as command
from examples.cards.concepts import concepts
from examples.cards.draw import draw


def _draw(out: Path, scenes: int, sketches: int = 0, seed: int = 7) -> dict[str, object]:
    return draw(out, num_scenes=scenes, seed=seed, num_sketches=sketches, workers=1)


def test_the_coco_documents_are_complete(tmp_path: Path) -> None:
    _draw(tmp_path, 5, sketches=1)
    document = json.loads((tmp_path / "instances.json").read_text())
    assert [c["name"] for c in document["categories"]] == list(concepts())
    assert [image["id"] for image in document["images"]] == [1, 2, 3, 4, 5]
    ids = {category["id"] for category in document["categories"]}
    for row in document["annotations"]:
        assert row["category_id"] in ids
        assert row["iscrowd"] == 0
        assert len(row["bbox"]) == 4
    for image in document["images"]:
        with Image.open(tmp_path / "images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])
    captions_document = json.loads((tmp_path / "captions.json").read_text())
    assert {row["image_id"] for row in captions_document["annotations"]} == {1, 2, 3, 4, 5}
    assert {p.name for p in (tmp_path / "sketches").iterdir()} == set(concepts())
    assert "CC BY-SA 4.0" in (tmp_path / "ATTRIBUTION.txt").read_text()


def test_more_scenes_are_only_added(tmp_path: Path) -> None:
    _draw(tmp_path, 3)
    foreign = tmp_path / "images" / "mine.jpg"
    foreign.write_bytes(b"a file of someone else")
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "images").iterdir()}
    assert _draw(tmp_path, 5)["scenes_drawn"] == 2
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "images").iterdir()}
    assert {name: after[name] for name in before} == before
    assert _draw(tmp_path, 4)["scenes_drawn"] == 0
    _draw(tmp_path / "at_once", 5)
    for name in ("instances.json", "captions.json"):
        assert (tmp_path / name).read_text() == (tmp_path / "at_once" / name).read_text()


def test_a_missing_scene_is_drawn_again(tmp_path: Path) -> None:
    _draw(tmp_path, 3)
    document = (tmp_path / "instances.json").read_text()
    (tmp_path / "images" / "000002.jpg").unlink()
    assert _draw(tmp_path, 3)["scenes_drawn"] == 1
    assert (tmp_path / "instances.json").read_text() == document


def test_an_interrupted_run_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "_documents", stop)
        with pytest.raises(KeyboardInterrupt):
            _draw(tmp_path, 3)
    assert _draw(tmp_path, 3)["scenes"] == 3
    assert (tmp_path / "instances.json").exists()


def test_a_foreign_file_under_a_name_of_ours_is_an_error(tmp_path: Path) -> None:
    foreign = tmp_path / "images" / "000002.jpg"
    foreign.parent.mkdir()
    foreign.write_bytes(b"a file of someone else")
    with pytest.raises(InputError, match="was not drawn by this command"):
        _draw(tmp_path, 3)
    assert foreign.read_bytes() == b"a file of someone else"


def test_another_seed_draws_its_own_files_anew(tmp_path: Path) -> None:
    _draw(tmp_path, 3)
    old = (tmp_path / "images" / "000001.jpg").read_bytes()
    assert _draw(tmp_path, 3, seed=8)["scenes_drawn"] == 3
    assert (tmp_path / "images" / "000001.jpg").read_bytes() != old


def test_no_scene_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got 0 scenes"):
        _draw(tmp_path, 0)
