"""A folder of pictures becomes a table of tags: whole, in order, and again after a kill."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

import efuda.bundle
from components.errors import InputError
from efuda.tagging import parts, tag_folder
from tests.efuda.called import call
from tests.serving.tiny_bundle import COLOURS, ColourEncoder, card, tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Eight cards in two folders, four files that are no pictures, and a text."""
    folder = tmp_path / "cards"
    for place, colour in enumerate((*COLOURS, *COLOURS)):
        path = folder / ('of "two", all' if place % 2 else ".") / f"{colour} {place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        card(colour, place).save(path)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xffno picture")
    (folder / "words.png").write_text("words")
    (folder / "cut.png").write_bytes((folder / "red 0.png").read_bytes()[:300])
    (folder / "notes.txt").write_text("notes")
    return folder


@pytest.fixture(autouse=True)
def encoder(monkeypatch):
    for module in (parts, efuda.bundle):
        monkeypatch.setattr(module, "build_encoder", lambda config, device: ColourEncoder())
    monkeypatch.setattr(parts, "PART_SIZE", 3)
    monkeypatch.setattr(tag_folder, "PART_SIZE", 3)


def tag(folder: Path, bundle: Path, out: Path, *options: str) -> int:
    return call("tag", folder, "--bundle", bundle, "--out", out, "--runner", "local", *options)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_picture_is_tagged_or_in_quarantine(folder, bundle, tmp_path):
    out = tmp_path / "tags.csv"
    assert tag(folder, bundle, out) == 0
    rows = rows_of(out)
    assert list(rows[0]) == ["image", "label", "probability", "threshold", "present", "bundle"]
    images = list(dict.fromkeys(row["image"] for row in rows))
    assert images == sorted(images)
    assert len(images) == 8
    assert all(row["label"] in row["image"] for row in rows if row["present"] == "true")
    refused = rows_of(tmp_path / "tags.quarantine.csv")
    assert {row["image"]: row["reason"] for row in refused} == {
        "empty.jpg": "empty",
        "broken.jpg": "truncated",
        "words.png": "not_an_image",
        "cut.png": "truncated",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cards",
        "tags.csv",
        "tags.quarantine.csv",
    ]


def test_probabilities_are_those_of_the_service(folder, bundle, tmp_path):
    tag(folder, bundle, tmp_path / "tags.parquet", "--all")
    table = pq.read_table(tmp_path / "tags.parquet").to_pandas()
    tagger = efuda.load_bundle(bundle)
    assert len(table) == 8 * len(COLOURS)
    for image, rows in table.groupby("image"):
        told = {each.label: each for each in tagger.tag(folder / str(image), top_k=99)}
        for row in rows.itertuples():
            assert row.probability == pytest.approx(told[row.label].probability, abs=1e-6)
            assert (row.threshold, row.present) == (
                told[row.label].threshold,
                told[row.label].present,
            )
        assert rows.probability.is_monotonic_decreasing


def test_every_layout_says_the_same(folder, bundle, tmp_path):
    tag(folder, bundle, tmp_path / "long.parquet", "--all")
    tag(folder, bundle, tmp_path / "wide.parquet", "--wide")
    tag(folder, bundle, tmp_path / "wide.csv", "--wide")
    tag(folder, bundle, tmp_path / "lines.jsonl", "--all")
    long = pq.read_table(tmp_path / "long.parquet").to_pandas()
    wide = pq.read_table(tmp_path / "wide.parquet").to_pandas()
    assert list(wide.columns) == ["image", "present", "bundle", *COLOURS]
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    as_csv = rows_of(tmp_path / "wide.csv")
    for place, row in enumerate(wide.to_dict("records")):
        of_image = long[long.image == row["image"]]
        assert dict(zip(of_image.label, of_image.probability, strict=True)) == {
            label: row[label] for label in COLOURS
        }
        assert list(row["present"]) == of_image[of_image.present].label.tolist()
        assert json.loads(as_csv[place]["present"]) == list(row["present"])
        tags = {each["label"]: each["probability"] for each in lines[place]["tags"]}
        assert (lines[place]["image"], tags) == (
            row["image"],
            {label: row[label] for label in COLOURS},
        )


def test_a_run_that_was_stopped_goes_on_where_it_was(folder, bundle, tmp_path, monkeypatch):
    out, seen = tmp_path / "tags.csv", []
    whole = parts.PartTagger._outcomes

    def stop_at_the_third(self, encoder, images):
        seen.append(images)
        if len(seen) == 3:
            raise OSError("the disk went")
        return whole(self, encoder, images)

    monkeypatch.setattr(parts.PartTagger, "_outcomes", stop_at_the_third)
    with pytest.raises(OSError, match="the disk went"):
        tag(folder, bundle, out)
    assert not out.exists()
    # What was changed meanwhile is tagged anew, in its part.
    changed = sorted(path for path in folder.glob("*.png") if path.name.startswith("blue"))[0]
    card("yellow").save(changed)
    seen.clear()
    seen.extend([["done"]] * 10)
    tag(folder, bundle, out)
    again = seen[10:]
    assert len(again) < 4
    assert any(changed.name in part for part in again)
    tag(folder, bundle, tmp_path / "fresh.csv")
    assert out.read_bytes() == (tmp_path / "fresh.csv").read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


KILLED = """
import os, signal, sys
from pathlib import Path
from efuda.tagging import parts, tag_folder
from efuda.tagging.tag_folder import TagRequest
from project.settings import EmbedSettings
from tests.serving.tiny_bundle import ColourEncoder
parts.build_encoder = lambda config, device: ColourEncoder()
tag_folder.PART_SIZE = 3
tag, done = parts.PartTagger.tag, []
def counted(self, images):
    if len(done) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(images)
    return tag(self, images)
parts.PartTagger.tag = counted
folder, bundle, out = map(Path, sys.argv[1:])
tag_folder.tag_folder(TagRequest(folder=folder, out=out, bundle=bundle, compute=EmbedSettings()))
"""


def test_a_killed_run_leaves_nothing_for_good(folder, bundle, tmp_path, monkeypatch):
    out = tmp_path / "tags.csv"
    command = [sys.executable, "-c", KILLED, str(folder), str(bundle), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, env=environment, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not out.exists()
    kept = list((tmp_path / ".tags.csv.parts").glob("*.parquet"))
    assert len(kept) == 2
    computed = []
    whole = parts.PartTagger._outcomes
    monkeypatch.setattr(
        parts.PartTagger,
        "_outcomes",
        lambda self, encoder, images: computed.append(images) or whole(self, encoder, images),
    )
    tag(folder, bundle, out)
    assert len(computed) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cards",
        "tags.csv",
        "tags.quarantine.csv",
    ]


def test_nothing_is_overwritten_unasked(folder, bundle, tmp_path):
    out = tmp_path / "tags.csv"
    tag(folder, bundle, out)
    before = out.read_bytes()
    with pytest.raises(InputError, match="--force"):
        tag(folder, bundle, out)
    assert tag(folder, bundle, out, "--force") == 0
    assert out.read_bytes() == before


def test_a_folder_that_cannot_be_tagged_is_told(bundle, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        tag(tmp_path / "nowhere", bundle, tmp_path / "tags.csv")
    with pytest.raises(InputError, match="is a picture by its name"):
        tag(tmp_path, bundle, tmp_path / "tags.csv")
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"must end in \.csv"):
        tag(tmp_path, bundle, tmp_path / "tags.xlsx")
    with pytest.raises(InputError, match="does not exist; make it"):
        tag(tmp_path, bundle, tmp_path / "missing" / "tags.csv")


def test_a_folder_of_broken_pictures_alone_ends_with_a_status(bundle, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert tag(tmp_path, bundle, tmp_path / "tags.jsonl") == 2
    assert "1 could not be used" in capsys.readouterr().out
