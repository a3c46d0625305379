import json

import pytest

from components.captions.imported_parse import read_imported_parse
from components.captions.rule_parser import RuleParser
from components.captions.tag_quality import negation_violations
from components.errors import InputError

GOOD = {
    "caption": "A red car without a driver",
    "objects": ["Car", "photo"],
    "links": [["red", "car"]],
    "negated": ["driver"],
}
BAD = {
    "not_json": "{",
    "not_an_object": "[1]",
    "empty_caption": json.dumps({"caption": " ", "objects": []}),
    "no_objects": json.dumps({"caption": "a"}),
    "unknown_field": json.dumps({"caption": "a", "objects": [], "colour": 1}),
    "bad_list": json.dumps({"caption": "a", "objects": "car"}),
    "bad_name": json.dumps({"caption": "a", "objects": [""]}),
    "bad_span": json.dumps({"caption": "a", "objects": [{"name": "a", "start": 0, "end": 9}]}),
    "bad_link": json.dumps({"caption": "a", "objects": [], "links": [["red", "car"]]}),
    "denied_tag": json.dumps({"caption": "a", "objects": ["car"], "negated": ["car"]}),
    "duplicate_caption": json.dumps(GOOD),
}


def write(path, lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_good_rows_are_read_and_bad_ones_set_aside(tmp_path):
    path = write(tmp_path / "parse.jsonl", [json.dumps(GOOD), *BAD.values(), ""])
    parser, refused = read_imported_parse(path)
    tags = parser.parse(GOOD["caption"])
    assert tags.object_names == ("car",)
    assert tags.link_names == (("red", "car"),)
    assert tags.attribute_names == ("red",)
    assert tags.parser == parser.version
    assert [row.reason for row in refused] == list(BAD)
    assert all(row.detail.startswith(f"Line {i}: ") for i, row in enumerate(refused, start=2))


def test_a_caption_that_is_not_in_the_file_says_so(tmp_path):
    parser, _ = read_imported_parse(write(tmp_path / "parse.jsonl", [json.dumps(GOOD)]))
    assert parser.parse("another").fault.reason == "not_parsed"


@pytest.mark.parametrize("lines", [[], ["{"]])
def test_a_file_without_a_usable_row_is_refused(tmp_path, lines):
    with pytest.raises(InputError, match="no usable row"):
        read_imported_parse(write(tmp_path / "parse.jsonl", lines))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_imported_parse(tmp_path / "none.jsonl")


def test_the_rules_find_what_a_foreign_parse_overlooked(tmp_path):
    row = {"caption": "A table without chairs", "objects": ["table", "chair"]}
    parser, _ = read_imported_parse(write(tmp_path / "parse.jsonl", [json.dumps(row)]))
    parses = [parser.parse(row["caption"])]
    assert negation_violations(parses, RuleParser()) == [(row["caption"], "chair")]
