import json
from pathlib import Path

import numpy as np

from components.labels.matrix import LabelMatrix
from pipelines.prepare.sources.catalog import read_source
from project.settings.source import SourceSettings
from tests.pipelines.prepare.sources.written import cells, read, read_back, reasons


def test_jsonl(project: Path, partial_truth: LabelMatrix) -> None:
    names = partial_truth.vocabulary.names
    lines = [
        json.dumps(
            {
                "image": image,
                "caption": f"Bild {row} – größer",
                "labels": dict(zip(names, states.tolist(), strict=True)),
            },
            ensure_ascii=False,
        )
        for row, (image, states) in enumerate(
            zip(partial_truth.example_ids, partial_truth.states, strict=True)
        )
    ]
    (project / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    read = read_back(project, partial_truth, kind="jsonl", annotations="rows.jsonl")
    assert np.array_equal(read.states, partial_truth.states)
    source = read_source(
        SourceSettings(kind="jsonl", images="images", annotations="rows.jsonl"), project
    )
    assert source.records[1].captions == ("Bild 1 – größer",)


def test_jsonl_bad_lines(project: Path) -> None:
    lines = [
        '{"image": "a.jpg", "labels": ["cat", ""]}',
        '{"image": "b.png", "labels": {"dog": "perhaps", "cat": -1}}',
        '{"caption": "of nothing"}',
        "[]",
        '{"image": "d.jpg", "labels": 3}',
        '{"image": "sub/c.jp',
    ]
    (project / "l.jsonl").write_text("\n".join(lines))
    source = read(project, "jsonl", "l.jsonl", include_unlisted=False)
    assert reasons(source) == ["bad_row"] * 5 + ["empty_label"]
    assert cells(source) == {"a.jpg": {"cat": 1}, "b.png": {"cat": -1}, "d.jpg": {}}
