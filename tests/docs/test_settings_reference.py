from components.methods.catalog import METHODS
from project.settings import ServeSettings, Settings
from tests.docs.settings_reference import PAGE, page, rows


def test_the_guide_shows_every_setting_as_the_classes_say():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m tests.docs.settings_reference`"
    )


def test_every_key_says_what_it_means():
    silent = [line for line in page().splitlines() if line.startswith("| `") and "|  |" in line]
    assert silent == []


def test_ranges_choices_and_defaults_come_from_the_classes():
    schema = Settings.model_json_schema()
    serve = {row.key: row for row in rows(ServeSettings, schema)}
    assert serve["port"].values == "whole number at least 1, at most 65535"
    assert serve["port"].default == "`8000`"
    vlpl = {row.key: row for row in rows(METHODS["vlpl"].settings, schema)}
    assert vlpl["labeler"].values == "softmax or calibrated"
    assert vlpl["labeler.softmax.theta"].default == "`0.3`"
