"""A damaged annotation file stops the run with its name and the position."""

import json
from pathlib import Path

import pytest

from components.errors import InputError
from pipelines.prepare.sources.catalog import read_source
from pipelines.prepare.sources.table_rows import read_parquet
from pipelines.prepare.sources.text_files import read_json_file, read_text
from project.settings.source import SourceSettings
from project.source_kinds import SourceKind

COCO = json.dumps(
    {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(40)],
        "annotations": [],
        "categories": [{"id": 1, "name": "Käse"}],
    },
    ensure_ascii=False,
)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.77, 0.95])
def test_json_cut_off(tmp_path: Path, share: float) -> None:
    (tmp_path / "instances.json").write_text(COCO[: int(len(COCO) * share)], encoding="utf-8")
    source = SourceSettings(kind="coco", images=".", annotations="instances.json")
    with pytest.raises(InputError, match=r"instances\.json .*line 1, column \d+.*cut off"):
        read_source(source, tmp_path)


def test_json_with_a_fault_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"images": [1 2]}')
    with pytest.raises(InputError, match=r"column 15 .*Correct that place"):
        read_json_file(path)


@pytest.mark.parametrize("name", ["instances.json", "labels.csv", "rows.jsonl"])
def test_text_that_is_not_utf_8(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("image,x\na.jpg,Käse\n".encode("latin-1"))
    kinds: dict[str, SourceKind] = {"json": "coco", "csv": "csv", "jsonl": "jsonl"}
    source = SourceSettings(kind=kinds[name.rsplit(".", 1)[1]], images=".", annotations=name)
    with pytest.raises(InputError, match=rf"{name} is not UTF-8 text: byte 15 \(line 2\) is 0xe4"):
        read_source(source, tmp_path)


def test_utf_16_and_byte_order_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("é", encoding="utf-16")
    with pytest.raises(InputError, match="UTF-16"):
        read_text(path)
    path.write_text("é", encoding="utf-8-sig")
    assert read_text(path) == "é"


def test_missing_foreign_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_text(tmp_path / "absent.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path)
    (tmp_path / "list.json").write_text("[]")
    source = SourceSettings(kind="coco", images=".", annotations="list.json")
    with pytest.raises(InputError, match="not a COCO file"):
        read_source(source, tmp_path)


def test_parquet_cut_off(tmp_path: Path) -> None:
    (tmp_path / "l.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        read_parquet(tmp_path / "l.parquet")
