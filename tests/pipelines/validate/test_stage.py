import html
import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.data.examples import Quarantined, read_examples, write_examples, write_quarantine
from components.errors import ArtefactError, InputError
from components.labels.meaning import Meaning
from components.labels.vocabulary import Vocabulary
from pipelines.validate import stage as validate
from project.layout import Layout
from tests.projects.synthetic import make_project, settings_of

# Great Expectations imports a module that is going away, and looks for one that it can miss.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Please install grpcio-status:ImportWarning"),
]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_project(tmp_path, num_images=40)


def results_of(layout: Layout) -> dict[str, dict]:
    report = json.loads(layout.validation_results.read_text())
    return {rule["name"]: rule for rule in report["rules"]}


def edit(path: Path, change) -> None:
    frame = pq.read_table(path).to_pandas()
    schema = pq.read_schema(path)
    pq.write_table(pa.Table.from_pandas(change(frame), schema=schema, preserve_index=False), path)


def test_good_data_pass_and_the_page_stands_alone(layout: Layout):
    report = validate.run(settings_of(), layout)
    assert report["success"]
    broken = {name for name, rule in results_of(layout).items() if not rule["success"]}
    assert {"every_image_usable", "every_annotation_usable"} <= broken
    assert report["counts"]["photos"] == {"train": 24, "val": 8, "test": 8}
    assert report["counts"]["known_share"]["val"] == 1
    page = layout.validation_page.read_text()
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert "single-positive" in page
    assert "unknown_label" in page
    assert page.count("data:image/jpeg;base64,") == 24


def test_hidden_labels_are_not_read(layout: Layout):
    layout.hidden_labels.write_bytes(b"not a table")
    assert validate.run(settings_of(), layout)["success"]


def test_every_fault_is_found_in_one_run(layout: Layout):
    def spoil_labels(labels: pd.DataFrame) -> pd.DataFrame:
        rows = [
            ("photo-0000", "red disk", 1, "observed"),
            ("nobody", "red disc", 1, "observed"),
            ("photo-0001", "red disc", 0, "pseudo"),
            *[("photo-0002", "red disc", 1, "observed")] * 2,
        ]
        return pd.concat([labels, pd.DataFrame(rows, columns=labels.columns)])

    def spoil_examples(examples: pd.DataFrame) -> pd.DataFrame:
        first_test = examples.index[examples["split"] == "test"][0]
        first_train = examples.index[examples["split"] == "train"][0]
        examples.loc[first_test, "content_hash"] = examples.loc[first_train, "content_hash"]
        examples.loc[examples["split"] == "val", "split"] = "train"
        examples.loc[examples.index[-1], ["id", "path"]] = [examples["id"].iloc[0], "images/no.png"]
        captions = examples["captions"].tolist()
        examples["captions"] = [*captions[:-2], ["caf\N{REPLACEMENT CHARACTER}"], captions[-1]]
        examples.loc[examples.index[-3], ["width", "height"]] = [400, 8]
        return examples

    edit(layout.labels, spoil_labels)
    edit(layout.examples, spoil_examples)
    with pytest.raises(InputError) as stopped:
        validate.run(settings_of(), layout)
    rules = results_of(layout)
    errors = {
        "labels_in_vocabulary": "label red disk",
        "labels_have_an_image": "example_id nobody",
        "states_valid": "state 0",
        "provenance_known": "photo-0001",
        "cells_unique": "example_id photo-0002, label red disc, state 1",
        "no_duplicates_across_splits": "(test)",
        "no_split_empty": "split val",
        "ids_unique": "photo-0000",
        "files_exist": "images/no.png",
    }
    for name, example in errors.items():
        assert not rules[name]["success"], name
        assert rules[name]["severity"] == "error"
        assert any(example in shown for shown in rules[name]["examples"]), rules[name]
        assert name in str(stopped.value)
        assert rules[name]["advice"] in str(stopped.value)
    for name in ("captions_are_text", "sides_long_enough", "shapes_plausible"):
        assert rules[name]["unexpected_count"] == 1, name
        assert rules[name]["severity"] == "warning"
    assert "stopped" in layout.validation_page.read_text()


def test_severity_can_be_changed_by_rule(layout: Layout):
    edit(layout.examples, lambda rows: rows.assign(split=rows["split"].replace("val", "train")))
    with pytest.raises(InputError, match="no_split_empty"):
        validate.run(settings_of(), layout)
    relaxed = settings_of(validation={"severity": {"no_split_empty": "warning"}})
    assert validate.run(relaxed, layout)["success"]
    unknown = settings_of(validation={"severity": {"no_split_emtpy": "warning"}})
    with pytest.raises(InputError, match="is no rule; the rules are"):
        validate.run(unknown, layout)


def test_without_any_label_a_split_may_be_empty(layout: Layout):
    edit(layout.examples, lambda rows: rows.assign(split="train"))
    edit(layout.labels, lambda rows: rows.iloc[:0])
    assert validate.run(settings_of(), layout)["success"]
    assert results_of(layout)["no_split_empty"]["success"]


def test_too_many_quarantined_images_stop_the_run(layout: Layout):
    lost = [
        Quarantined(path=f"images/{n}.jpg", reason="truncated", detail="ends early")
        for n in range(10)
    ]
    write_quarantine(layout.quarantine, lost)
    with pytest.raises(InputError, match="few_images_quarantined"):
        validate.run(settings_of(), layout)
    lenient = settings_of(validation={"max_quarantined_share": 0.2})
    assert validate.run(lenient, layout)["success"]


def test_a_table_of_another_kind_is_named(layout: Layout):
    table = pq.read_table(layout.labels)
    pq.write_table(table.drop_columns(["state"]), layout.labels)
    with pytest.raises(InputError, match="column_types"):
        validate.run(settings_of(), layout)
    shown = results_of(layout)["column_types"]["examples"]
    assert "table labels.parquet, column state, type no such column, expected int8" in shown
    layout.labels.write_bytes(b"PAR1")
    with pytest.raises(ArtefactError, match="not a Parquet table"):
        validate.run(settings_of(), layout)
    layout.labels.unlink()
    with pytest.raises(ArtefactError, match="does not exist"):
        validate.run(settings_of(), layout)


def test_a_class_without_positives_is_a_warning_by_split(layout: Layout):
    edit(layout.labels, lambda rows: rows[(rows["label"] != "blue disc") | (rows["state"] < 0)])
    assert validate.run(settings_of(), layout)["success"]
    rules = results_of(layout)
    for split in ("train", "val", "test"):
        assert "label blue disc" in rules[f"classes_have_positives_in_{split}"]["examples"]
    assert "Without any known positive: blue disc" in layout.validation_page.read_text()


def test_names_are_escaped_on_the_page(layout: Layout):
    examples = read_examples(layout.examples)
    write_examples(layout.examples, examples)
    bad = Quarantined(path="<script>alert(1)</script>.png", reason="empty", detail="no bytes")
    write_quarantine(layout.quarantine, [bad])
    validate.run(settings_of(validation={"max_quarantined_share": 0.5}), layout)
    page = layout.validation_page.read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_situation_is_told_on_the_page_and_in_the_json(layout: Layout):
    report = validate.run(settings_of(), layout)
    situation = json.loads(layout.validation_results.read_text())["situation"]
    assert situation["kind"] == "single-positive"
    assert situation["present"]["train"] == {
        name: int(n) for name, n in situation["present"]["train"].items()
    }
    assert sum(situation["present"]["train"].values()) == 24
    assert sum(situation["absent"]["train"].values()) == 0
    assert situation["labels_with_absences"] == 0
    assert any("Silence means unknown" in sentence for sentence in situation["found"])
    assert any("largest thing" in sentence for sentence in situation["cannot_be_known"])
    page = html.unescape(layout.validation_page.read_text())
    for sentence in (*situation["found"], *situation["follows"], *situation["cannot_be_known"]):
        assert sentence in page
    assert any("Single-positive" in line for line in report["summary"])


def test_display_names_are_shown_beside_the_labels(layout: Layout):
    vocabulary = Vocabulary.load(layout.vocabulary)
    first = vocabulary.names[0]
    Vocabulary(vocabulary.names, {first: Meaning(display="rote Scheibe")}).save(layout.vocabulary)
    validate.run(settings_of(), layout)
    assert f"rote Scheibe ({first})" in layout.validation_page.read_text()
