"""Labels of a whole project go out, and decisions come in."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pytest

import efuda
from components.data.examples import read_examples
from components.errors import InputError
from components.labelers.proposal_table import read_proposals
from components.labels.tables import LABEL_SCHEMA, read_labels, write_labels
from project.layout import Layout
from project.reviewed import read_reviewed
from project.settings import params_yaml
from tests.efuda.called import call
from tests.projects import synthetic
from tests.projects.proposal_rows import write_table


@pytest.fixture
def layout(tmp_path, monkeypatch) -> Layout:
    """A project with known labels and proposals, in the current directory."""
    layout = synthetic.make_project(tmp_path / "discs", num_images=30)
    layout.params.write_text(params_yaml(synthetic.settings_of()), encoding="utf-8")
    monkeypatch.chdir(layout.root)
    return layout


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def export(*options: str) -> int:
    return call("labels", "export", *options)


def test_known_labels_are_written_with_who_said_them(layout):
    assert export("--format", "csv", "--out", "out") == 0
    known = {
        (row["example_id"], row["label"]): row["state"]
        for row in read_labels(layout.labels).to_pylist()
    }
    words = {"present": 1, "absent": -1}
    written = {
        (row["id"], row["label"]): words[row["state"]] for row in rows_of(Path("out/labels.csv"))
    }
    assert written == known
    provenance = rows_of(Path("out/provenance.csv"))
    assert {row["origin"] for row in provenance} == {"observed"}
    assert len(provenance) == len(known)
    assert all(row["image"] == f"{row['id']}.png" for row in provenance)
    assert json.loads(Path("out/export.json").read_text())["cells"]["unknown"] == 300 - len(known)


def test_proposals_are_written_from_a_probability_on_with_their_evidence(layout):
    table = read_proposals(layout.proposals)
    scores = pa.array([0.9 if row % 2 else 0.6 for row in range(table.num_rows)], pa.float32())
    write_table(layout.proposals, table.set_column(4, table.schema.field(4), scores))
    proposed = read_proposals(layout.proposals).to_pandas()
    sure = proposed[(proposed.state == 1) & (proposed.score > 0.8)]
    assert 0 < len(sure) < len(proposed)
    export("--format", "jsonl", "--out", "out", "--proposals", "--min-probability", "0.9")
    told = [row for row in rows_of(Path("out/provenance.csv")) if row["origin"] == "pseudo"]
    assert {(row["id"], row["label"]) for row in told} == set(
        zip(sure.example_id, sure.label, strict=True)
    )
    assert {(row["method"], row["state"]) for row in told} == {(sure.method.iloc[0], "present")}
    assert all(row["date"] and float(row["probability"]) > 0.8 for row in told)
    sheet = rows_of(Path("out/to_decide.csv"))
    assert len(sheet) == len(told)
    assert {row["state"] for row in sheet} == {""}
    assert len({(row["image"], row["label"]) for row in sheet}) == len(sheet)


def test_what_was_decided_comes_back_and_goes_out(layout, capsys):
    export("--format", "csv", "--out", "out", "--proposals")
    sheet = rows_of(Path("out/to_decide.csv"))
    for row, state in zip(sheet, ("present", "absent", "unknown"), strict=False):
        row["state"] = state
    with Path("decided.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(sheet[0]))
        out.writeheader()
        out.writerows(sheet)
    assert call("labels", "import", "decided.csv", "--dry-run") == 0
    assert not layout.reviewed_labels.exists()
    assert call("labels", "import", "decided.csv") == 0
    assert sorted(row["state"] for row in read_reviewed(layout).to_pylist()) == [-1, 0, 1]
    before = layout.reviewed_labels.read_bytes()
    call("labels", "import", "decided.csv")
    assert layout.reviewed_labels.read_bytes() == before
    assert "0 new decisions" in capsys.readouterr().out

    # They count at once, and nobody is asked about them again.
    export("--format", "csv", "--out", "again", "--proposals")
    again = {(row["image"], row["label"]): row for row in rows_of(Path("again/provenance.csv"))}
    decided = {(row["image"], row["label"]): row["state"] for row in sheet[:3]}
    assert {cell: again[cell]["origin"] for cell in decided} == dict.fromkeys(decided, "reviewed")
    assert {cell: again[cell]["state"] for cell in decided} == decided
    asked = {(row["image"], row["label"]) for row in rows_of(Path("again/to_decide.csv"))}
    assert asked == {(row["image"], row["label"]) for row in sheet[3:]}


def test_the_provenance_is_not_taken_for_decisions(layout):
    export("--format", "csv", "--out", "out")
    with pytest.raises(InputError, match=r"to_decide\.csv"):
        call("labels", "import", "out/provenance.csv")


def test_only_an_export_is_ever_replaced(layout):
    export("--format", "voc", "--out", "out")
    with pytest.raises(InputError, match="--force"):
        export("--format", "yolo", "--out", "out")
    export("--format", "yolo", "--out", "out", "--force")
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "data.yaml",
        "export.json",
        "labels",
        "provenance.csv",
    ]
    with pytest.raises(InputError, match="no export of Efuda's"):
        export("--format", "csv", "--out", "images", "--force")
    assert any(Path("images").iterdir())


def test_without_known_labels_it_says_so_and_proposals_still_go_out(layout):
    write_labels(layout.labels, LABEL_SCHEMA.empty_table())
    with pytest.raises(InputError, match=r"No label is known.*--proposals"):
        export("--format", "csv", "--out", "out")
    assert export("--format", "csv", "--out", "out", "--proposals") == 0
    assert {row["origin"] for row in rows_of(Path("out/provenance.csv"))} == {"pseudo"}
    write_table(layout.proposals, read_proposals(layout.proposals).slice(0, 0))
    with pytest.raises(InputError, match="likely or unlikely"):
        export("--format", "csv", "--out", "none", "--proposals")
    assert not Path("none").exists()


def test_proposals_without_a_probability_go_out_where_none_is_asked_for(layout, capsys):
    table = read_proposals(layout.proposals)
    at = table.schema.get_field_index("score")
    none = pa.nulls(table.num_rows, pa.float32())
    write_table(layout.proposals, table.set_column(at, table.schema.field(at), none))
    assert export("--format", "csv", "--out", "out", "--proposals") == 0
    assert f"{table.num_rows} proposals have no probability" in capsys.readouterr().out
    assert "pseudo" not in {row["origin"] for row in rows_of(Path("out/provenance.csv"))}
    given = ("--proposals", "--min-probability", "0")
    assert export("--format", "csv", "--out", "all", *given) == 0
    origins = [row["origin"] for row in rows_of(Path("all/provenance.csv"))]
    assert origins.count("pseudo") == table.num_rows
    sheet = rows_of(Path("all/to_decide.csv"))
    assert {row["probability"] for row in sheet} == {""}


def test_a_coco_file_comes_back_with_its_boxes_and_what_was_added(layout):
    examples = list(read_examples(layout.examples))
    own = {
        "info": {"year": 2026},
        "images": [
            {"id": each.id, "file_name": f"{each.id}.png", "license": 3} for each in examples
        ],
        "categories": [
            {"id": 40 + place, "name": name} for place, name in enumerate(synthetic.NAMES)
        ]
        + [{"id": 99, "name": "not used here"}],
        "annotations": [],
    }
    rows = read_labels(layout.labels).to_pylist()
    present = [row for row in rows if row["state"] == 1]
    numbers = {name: 40 + place for place, name in enumerate(synthetic.NAMES)}
    own["annotations"] = [
        {"id": place, "image_id": row["example_id"], "category_id": numbers[row["label"]]}
        | {"bbox": [1, 2, 3, 4], "area": 12}
        for place, row in enumerate(present[1:])
    ] + [{"id": 500, "image_id": examples[0].id, "category_id": 99, "bbox": [0, 0, 9, 9]}]
    Path("own.json").write_text(json.dumps(own))
    settings = synthetic.settings_of(
        source={"kind": "coco", "images": "images", "annotations": "own.json"}
    )
    layout.params.write_text(params_yaml(settings), encoding="utf-8")
    export("--format", "coco", "--out", "out")
    made = json.loads(Path("out/instances.json").read_text())
    assert made["info"] == own["info"]
    assert made["categories"] == own["categories"]
    assert [image["license"] for image in made["images"]] == [3] * len(examples)
    *kept, added = made["annotations"]
    assert kept == own["annotations"]
    assert (added["id"], added["iscrowd"], added["efuda"]) == (501, 1, {"origin": "observed"})
    assert added["category_id"] == numbers[present[0]["label"]]
    unknown = {row["example_id"] for row in rows}
    assert unknown
    for image in made["images"]:
        absent = [row for row in rows if row["example_id"] == image["id"] and row["state"] == -1]
        known = [row for row in rows if row["example_id"] == image["id"]]
        if len(known) < len(synthetic.NAMES):
            expected = {numbers[row["label"]] for row in absent}
            # Silence about what the project does not use meant absence before.
            expected |= {99} - ({99} if image["id"] == examples[0].id else set())
            assert set(image["neg_category_ids"]) == expected
        else:
            assert "neg_category_ids" not in image


def test_python_exports_as_the_command_does(layout):
    report = efuda.Project(".").export_labels("out", format="parquet")
    assert report["cells"]["present"] > 0
    assert Path("out/labels.parquet").exists()
    assert Path("out/provenance.parquet").exists()
