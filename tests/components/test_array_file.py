import ast
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from components.array_file import read_arrays, write_arrays
from components.errors import ArtefactError

ROOT = Path(__file__).parents[2]
PACKAGES = ("bench", "components", "efuda", "pipelines", "project", "serving", "tuning")
NOTES = {"one": 1.5, "two": ["b", "a"], "three": "絵札", "four": None, "five": {"y": 1, "x": 2}}


def test_the_same_content_is_the_same_bytes_each_time(tmp_path):
    """safetensors itself puts several notes down in another order each time."""
    path = tmp_path / "arrays.safetensors"
    arrays = {"b": np.eye(3, dtype=np.float32), "a": np.arange(4)}
    written = set()
    for _ in range(12):
        write_arrays(path, arrays, dict(reversed(NOTES.items())))
        written.add(path.read_bytes())
        write_arrays(path, dict(reversed(arrays.items())), NOTES)
        written.add(path.read_bytes())
    assert len(written) == 1
    found, notes = read_arrays(path, "run it")
    assert notes == NOTES
    assert {name: each.tolist() for name, each in found.items()} == {
        name: each.tolist() for name, each in arrays.items()
    }


def test_notes_of_earlier_versions_are_read_as_the_text_they_are(tmp_path):
    path = tmp_path / "old.safetensors"
    save_file({"a": np.zeros(2)}, path, metadata={"id": "e", "temperature": "0.5"})
    assert read_arrays(path, "run it")[1] == {"id": "e", "temperature": "0.5"}


def _foreign(path: Path, notes: str | None) -> None:
    save_file({"a": np.zeros(2)}, path, metadata={"notes": notes} if notes else None)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: None,
        lambda path: path.write_bytes(b"half a fi"),
        lambda path: _foreign(path, None),
        lambda path: _foreign(path, "{"),
        lambda path: _foreign(path, "[1]"),
    ],
)
def test_what_cannot_be_read_is_told_with_a_way_out(tmp_path, damage):
    path = tmp_path / "arrays.safetensors"
    damage(path)
    with pytest.raises(ArtefactError, match=r"cannot be read .*; run it\."):
        read_arrays(path, "run it")


def test_notes_are_written_in_this_one_place():
    found = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", getattr(call.func, "attr", None)) == "save_file"
        and any(keyword.arg == "metadata" for keyword in call.keywords)
    }
    assert found == {"components/array_file.py"}
