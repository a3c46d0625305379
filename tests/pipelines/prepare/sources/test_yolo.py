import json
from pathlib import Path

import numpy as np
import pytest

from components.errors import InputError
from components.labels.matrix import LabelMatrix
from pipelines.prepare.sources.catalog import read_source
from project.settings.source import SourceSettings
from tests.pipelines.prepare.sources.written import cells, read, read_back, reasons


@pytest.mark.parametrize("names", ["list", "mapping", "text"])
def test_yolo(project: Path, truth: LabelMatrix, names: str) -> None:
    for row, image in enumerate(truth.example_ids):
        path = (project / "labels" / image).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = np.flatnonzero(truth.present[row])
        path.write_text("".join(f"{column} 0.5 0.5 0.1 0.1\n" for column in columns))
    all_names = truth.vocabulary.names
    listed = {"list": list(all_names), "mapping": dict(enumerate(all_names))}
    if names == "text":
        (project / "labels" / "classes.txt").write_text("\n".join(all_names))
    else:
        (project / "data.yaml").write_text(f"names: {json.dumps(listed[names])}".replace('"', ""))
    read = read_back(project, truth, kind="yolo", annotations="labels")
    assert np.array_equal(read.states, truth.states)


def test_yolo_faults(project: Path) -> None:
    folder = project / "labels"
    folder.mkdir()
    (folder / "classes.txt").write_text("cat\ndog\n")
    (folder / "a.txt").write_text("0 .5 .5 .1 .1\n7 .5 .5 .1 .1\nnonsense\n-1 .5 .5 .1 .1\n")
    (folder / "ghost.txt").write_text("0 .5 .5 .1 .1\n")
    (folder / "d.txt").write_bytes(b"\xff\xfe0 0")
    source = read(project, "yolo", "labels")
    assert reasons(source) == [
        "bad_annotation",
        "bad_row",
        "bad_row",
        "missing_file",
        "unknown_label",
    ]
    assert cells(source)["a.jpg"] == {"cat": 1}
    line = next(fault for fault in source.faults if fault.reason == "bad_row")
    assert "line 3" in line.detail


def test_yolo_two_pictures_of_one_stem(project: Path) -> None:
    (project / "images" / "a.png").write_bytes((project / "images" / "b.png").read_bytes())
    (project / "images" / "classes.txt").write_text("cat\n")
    (project / "images" / "a.txt").write_text("0 .5 .5 .1 .1\n")
    source = read_source(SourceSettings(kind="yolo", images="images"), project)
    assert [(f.reason, f.path) for f in source.faults] == [("duplicate_id", "images/a.png")]
    assert cells(source)["a.jpg"] == {"cat": 1}


def test_yolo_without_names(project: Path) -> None:
    with pytest.raises(InputError, match=r"source\.names"):
        read_source(SourceSettings(kind="yolo", images="images"), project)
