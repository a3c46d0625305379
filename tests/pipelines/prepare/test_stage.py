import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pyarrow as pa
import pytest
from PIL import Image

from components.atomic import read_json
from components.data.examples import read_examples, read_quarantine
from components.errors import InputError
from components.labels.tables import LABEL_SCHEMA, read_labels, read_matrix, write_labels
from components.labels.vocabulary import Vocabulary
from pipelines.prepare.stage import run
from project.layout import Layout
from project.settings import Settings, parse_settings
from tests.serving.attacks.hostile_pictures import jpeg_scans, webp_canvas

NAMES = ("cat", "dog", "yak")


def settings_of(**sections: object) -> Settings:
    source = {"kind": "csv", "images": "images", "annotations": "labels.csv"}
    values = {"project": {"name": "test"}, "encoder": {"kind": "conse"}, "source": source}
    return parse_settings({**values, **sections}, "the test")


def make_project(root: Path, num_images: int = 60) -> Layout:
    """Fully labelled pictures of noise; ``yak`` is never present."""
    generator = np.random.default_rng(4)
    (root / "images").mkdir()
    lines = ["image," + ",".join(NAMES)]
    for number in range(num_images):
        add_image(root, f"{number:03}.png", number)
        cat, dog = generator.choice([1, -1], 2)
        lines.append(f"{number:03}.png,{cat},{dog},-1")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return Layout(root)


def add_image(root: Path, name: str, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(root / "images" / name)


def add_row(root: Path, row: str) -> None:
    with (root / "labels.csv").open("a") as file:
        file.write(row + "\n")


def states(layout: Layout) -> np.ndarray:
    ids = [example.id for example in read_examples(layout.examples)]
    return read_matrix(layout.labels, ids, Vocabulary(NAMES)).states


def bomb() -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 10**9) + b"IDAT" + bytes(100)


def test_a_small_set(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    report = run(settings_of(), layout)
    examples = read_examples(layout.examples)
    assert len(examples) == report["num_examples"] == 60
    assert (examples[0].width, examples[0].height) == (9, 6)
    assert examples[0].path == "images/000.png"
    assert len(examples[0].content_hash) == 64
    assert sum(report["by_split"].values()) == 60
    assert Vocabulary.load(layout.vocabulary).names == NAMES
    assert (states(layout) != 0).all()
    assert report["labels_without_positives"] == ["yak"]
    assert read_labels(layout.hidden_labels).num_rows == 0
    assert read_quarantine(layout.quarantine) == []
    kept = read_json(layout.prepare_report)
    assert kept["num_examples"] == 60
    assert kept["hide"] is None


def test_a_second_run_opens_only_what_is_new(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    assert run(settings_of(), layout)["num_decoded"] == 60
    before = {path.name: path.read_bytes() for path in layout.prepared.iterdir()}
    assert run(settings_of(), layout)["num_decoded"] == 0
    assert {path.name: path.read_bytes() for path in layout.prepared.iterdir()} == before
    old = read_examples(layout.examples)
    add_image(tmp_path, "new.png", 999)
    assert run(settings_of(), layout)["num_decoded"] == 1
    # Nobody changes split because the set grew.
    assert [example for example in read_examples(layout.examples) if example.id != "new.png"] == old


def test_bad_images_are_set_aside_with_a_reason(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    images = tmp_path / "images"
    whole = (images / "000.png").read_bytes()
    bad = {
        "bomb.png": (bomb(), "too_many_pixels"),
        "scans.jpg": (jpeg_scans(), "too_costly"),
        "canvas.webp": (webp_canvas(), "too_costly"),
        "cut.png": (whole[: len(whole) // 2], "truncated"),
        "empty.jpg": (b"", "empty"),
        "text.jpg": (b"this is a letter", "not_an_image"),
    }
    for name, (data, _) in bad.items():
        (images / name).write_bytes(data)
    add_row(tmp_path, "cut.png,1,1,1")
    add_row(tmp_path, "gone.png,1,1,1")
    add_row(tmp_path, "001.png,1,1,1")
    add_row(tmp_path, "../labels.csv,1,1,1")
    (images / "renamed.jpg").write_bytes(whole)
    report = run(settings_of(), layout)
    found = {Path(row.path).name: row.reason for row in read_quarantine(layout.quarantine)}
    assert found == {name: reason for name, (_, reason) in bad.items()} | {
        "gone.png": "missing_file",
        "001.png": "duplicate_id",
        "labels.csv": "path_outside_root",
    }
    assert report["num_examples"] == 61
    # The second row of 001.png costs no image: it is used by its first row.
    assert report["num_quarantined_images"] == 8
    labelled = set(read_labels(layout.labels)["example_id"].to_pylist())
    assert labelled <= {example.id for example in read_examples(layout.examples)}


def test_files_of_other_formats_and_what_was_taken_for_labels_are_told(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    for number in range(5):
        (tmp_path / "images" / f"scan-{number}.psd").write_bytes(b"8BPS")
    # Its content decides, since a row names it.
    (tmp_path / "images" / "raw").write_bytes((tmp_path / "images" / "000.png").read_bytes())
    add_row(tmp_path, "raw,1,1,-1")
    report = run(settings_of(), layout)
    told = "\n".join(report["summary"])
    assert "labels: cat, dog, yak; the columns that hold states alone" in told
    assert "5 .psd (scan-0.psd, scan-1.psd, scan-2.psd, …)" in told
    kept = read_json(layout.prepare_report)
    assert kept["labels_from"] == "the columns that hold states alone"
    assert {suffix: each["count"] for suffix, each in kept["unread"].items()} == {".psd": 5}


def test_a_folder_of_other_formats_alone_says_which(tmp_path: Path) -> None:
    layout = make_project(tmp_path, num_images=0)
    (tmp_path / "images" / "a.psd").write_bytes(b"8BPS")
    with pytest.raises(InputError, match=r"other files, which are not read: 1 \.psd"):
        run(settings_of(), layout)


def test_photographs_of_phones_are_read(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("phone.HEIC", "newer.avif", "scan.jp2"):
        kind = {"HEIC": "HEIF", "avif": "AVIF", "jp2": "JPEG2000"}[name.split(".")[1]]
        image = Image.new("RGB", (64, 32), (90, 60, 30))
        image.save(tmp_path / "images" / name, kind, exif=exif.tobytes())
        add_row(tmp_path, f"{name},1,1,1")
    run(settings_of(), layout)
    sizes = {row.path: (row.width, row.height) for row in read_examples(layout.examples)}
    assert sizes["images/phone.HEIC"] == sizes["images/newer.avif"] == (32, 64)
    assert sizes["images/scan.jp2"] == (64, 32)
    assert read_quarantine(layout.quarantine) == []


def test_equal_files_share_a_split(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    for number in range(40):
        data = (tmp_path / "images" / f"{number:03}.png").read_bytes()
        (tmp_path / "images" / f"copy-{number:03}.jpg").write_bytes(data)
    run(settings_of(), layout)
    by_content: dict[str, set[str]] = {}
    for example in read_examples(layout.examples):
        by_content.setdefault(example.content_hash, set()).add(example.split)
    assert len(by_content) == 60
    assert all(len(splits) == 1 for splits in by_content.values())


@pytest.mark.parametrize("protocol", ["single-positive", "partial:0.3", "few:0.3"])
def test_hiding(tmp_path: Path, protocol: str) -> None:
    layout = make_project(tmp_path)
    run(settings_of(), layout)
    truth = states(layout)
    report = run(settings_of(hide={"protocol": protocol, "seed": 3}), layout)
    examples = read_examples(layout.examples)
    ids = [example.id for example in examples]
    hidden = read_matrix(layout.hidden_labels, ids, Vocabulary(NAMES)).states
    train = np.array([example.split == "train" for example in examples])
    assert np.array_equal(states(layout) + hidden, truth)
    assert not hidden[~train].any()
    assert report["hide"]["num_hidden"] == np.count_nonzero(hidden) > 0
    again = run(settings_of(hide={"protocol": protocol, "seed": 3}), layout)
    other = run(settings_of(hide={"protocol": protocol, "seed": 4}), layout)
    assert again["hide"]["mask_hash"] == report["hide"]["mask_hash"]
    assert other["hide"]["mask_hash"] != report["hide"]["mask_hash"]


def test_reviewed_cells_override_and_are_never_hidden(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    hide = {"protocol": "partial:0.1", "seed": 3}
    first = run(settings_of(hide=hide), layout)
    truth = {example.id: example for example in read_examples(layout.examples)}
    train = [name for name, example in truth.items() if example.split == "train"]
    rows = [(name, "yak", 1) for name in train] + [(train[0], "cat", 0)]
    rows += [("stranger.png", "cat", 1), (train[0], "unicorn", 1)]
    columns = [*zip(*rows, strict=True), ["reviewed"] * len(rows)]
    write_labels(
        layout.reviewed_labels,
        pa.table(
            [
                pa.array(list(column), kind.type)
                for column, kind in zip(columns, LABEL_SCHEMA, strict=True)
            ],
            schema=LABEL_SCHEMA,
        ),
    )
    report = run(settings_of(hide=hide), layout)
    table = read_labels(layout.labels).to_pylist()
    yaks = {row["example_id"]: row for row in table if row["label"] == "yak"}
    assert all(yaks[name]["state"] == 1 for name in train)
    assert {yaks[name]["provenance"] for name in train} == {"reviewed"}
    assert not any(row["example_id"] == train[0] and row["label"] == "cat" for row in table)
    hidden = read_labels(layout.hidden_labels).to_pylist()
    assert not any(row["label"] == "yak" for row in hidden)
    assert report["num_reviewed"] == len(train) + 1
    assert report["labels_without_positives"] == []
    assert report["quarantined"] == {"unknown_image": 1, "unknown_label": 1}
    # What people decide does not change which cells the protocol drew.
    assert report["hide"]["mask_hash"] == first["hide"]["mask_hash"]


def test_sketches_keep_their_label(tmp_path: Path) -> None:
    layout = make_project(tmp_path)
    for number in range(30):
        folder = tmp_path / "sketches" / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 5), number).save(folder / f"{number}.png")
    source = settings_of().source.model_copy(update={"sketches": "sketches"})
    report = run(settings_of(source=source, hide={"protocol": "few:0.01"}), layout)
    assert report["by_modality"] == {"photo": 60, "sketch": 30}
    sketches = [row for row in read_labels(layout.labels).to_pylist() if "/" in row["example_id"]]
    assert len(sketches) == 30


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    layout = make_project(tmp_path, num_images=2)
    for path in (tmp_path / "images").iterdir():
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"No usable image is left: 2 empty\. First: images/000"):
        run(settings_of(), layout)
    assert not layout.examples.exists()
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    (tmp_path / "labels.csv").write_text("image,cat\n")
    with pytest.raises(InputError, match="The source has no image"):
        run(settings_of(), layout)


def test_damaged_tables_of_an_earlier_run_are_not_trusted(tmp_path: Path) -> None:
    layout = make_project(tmp_path, num_images=5)
    run(settings_of(), layout)
    layout.examples.write_bytes(b"PAR1")
    assert run(settings_of(), layout)["num_decoded"] == 5
    layout.prepare_report.write_text("[]")
    assert run(settings_of(), layout)["num_decoded"] == 5


def real_data() -> Path:
    folder = Path(os.environ.get("EFUDA_REAL_DATA", "../shared/real")).absolute()
    if not (folder / "coco256").is_dir():
        pytest.skip("the real photographs are not at EFUDA_REAL_DATA")
    return folder


def test_real_photographs(tmp_path: Path) -> None:
    coco = real_data() / "coco256"
    source = {
        "kind": "coco",
        "images": str(coco / "images"),
        "annotations": str(coco / "instances.json"),
        "captions": str(coco / "captions.json"),
    }
    layout = Layout(tmp_path)
    report = run(settings_of(source=source, hide={"protocol": "single-positive"}), layout)
    assert (report["num_examples"], report["num_labels"]) == (256, 80)
    assert report["num_captioned"] == 128
    assert report["num_quarantined"] == 0
    known = read_labels(layout.labels).num_rows + read_labels(layout.hidden_labels).num_rows
    assert known == 256 * 80
    content = json.loads((coco / "instances.json").read_text())
    pairs = {(row["image_id"], row["category_id"]) for row in content["annotations"]}
    tables = [read_labels(layout.labels), read_labels(layout.hidden_labels)]
    assert sum(table["state"].to_pylist().count(1) for table in tables) == len(pairs)


def test_real_photographs_and_sketches(tmp_path: Path) -> None:
    pacs = real_data() / "pacs280"
    source = {"kind": "folder", "images": str(pacs / "photo"), "sketches": str(pacs / "sketch")}
    layout = Layout(tmp_path)
    report = run(settings_of(source=source), layout)
    assert report["by_modality"] == {"photo": 280, "sketch": 280}
    assert report["num_labels"] == 7
    examples = read_examples(layout.examples)
    assert {example.width for example in examples} == {227}
