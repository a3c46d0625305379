import json
import shutil
from typing import Any

import pytest

from components.data.examples import read_examples, write_examples
from components.data.splits import split_hash
from components.errors import InputError
from pipelines.promote.stage import Promotion, run
from project.layout import Layout
from project.registry import CHAMPION, open_registry
from project.settings import load_settings
from tests.projects.learning_project import ENCODER_ID
from tests.projects.registered_project import evaluated_project, put_tagger, register_here


def two_versions(root, *, first: float, second: float) -> Layout:
    """The first version is champion, the second challenger; noise makes them worse."""
    layout = evaluated_project(root, evaluate={"num_bootstrap": 200})
    put_tagger(layout, noise=first)
    register_here(layout)
    promote(layout)
    put_tagger(layout, noise=second)
    register_here(layout)
    return layout


def promote(layout: Layout, **how) -> Promotion:
    return run(load_settings(layout.params), layout, **how)


def outcome(layout: Layout, **how) -> str:
    return promote(layout, **how).decision.outcome


def champion(layout: Layout) -> str | None:
    holder = open_registry(load_settings(layout.params), layout).holder(CHAMPION)
    return holder.number if holder else None


def records(layout: Layout) -> list[dict[str, Any]]:
    paths = sorted(layout.decisions.glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def test_the_first_version_serves_and_the_record_says_why(tmp_path):
    layout = evaluated_project(tmp_path)
    register_here(layout)
    assert outcome(layout) == "promoted"
    assert champion(layout) == "1"
    [record] = records(layout)
    assert record["outcome"] == "promoted"
    assert "above zero-shot's 50.0 %" in record["reason"]
    again = promote(layout)
    assert (again.decision.outcome, again.path) == ("unchanged", None)
    assert len(records(layout)) == 1


def test_a_worse_challenger_is_refused_with_the_labels_that_lost(tmp_path):
    layout = two_versions(tmp_path, first=0.0, second=1.0)
    done = promote(layout)
    assert done.decision.outcome == "refused"
    assert champion(layout) == "1"
    refused = records(layout)[-1]
    assert refused == json.loads(json.dumps(done.record))
    assert refused["outcome"] == "refused"
    assert refused["comparison"]["difference"]["high"] < 0
    assert refused["comparison"]["regressions"]


def test_a_better_challenger_takes_over_and_a_rollback_returns(tmp_path):
    layout = two_versions(tmp_path, first=1.0, second=0.0)
    assert outcome(layout) == "promoted"
    assert champion(layout) == "2"
    assert outcome(layout, rollback=True, reason="complaints") == "rolled back"
    assert champion(layout) == "1"
    assert [record["outcome"] for record in records(layout)].count("rolled back") == 1


def test_force_promotes_a_worse_one_and_keeps_the_reason(tmp_path):
    layout = two_versions(tmp_path, first=0.0, second=1.0)
    assert outcome(layout, force=True, reason="the old one lacks the label ladle") == "promoted"
    assert champion(layout) == "2"
    forced = next(record for record in records(layout) if record["forced"])
    assert forced["reason"] == "the old one lacks the label ladle"
    assert forced["comparison"] is not None


def test_another_test_split_is_refused_with_what_to_do(tmp_path):
    layout = two_versions(tmp_path, first=0.0, second=0.0)
    rows = read_examples(layout.examples)
    write_examples(layout.examples, [row for row in rows if row.id != first_test_id(rows)])
    put_tagger(layout, noise=0.2)
    register_here(layout)
    with pytest.raises(InputError, match=r"champion .* test split .*--force --reason"):
        promote(layout)


def test_vectors_that_are_gone_are_named(tmp_path):
    layout = two_versions(tmp_path, first=0.0, second=0.1)
    shutil.rmtree(layout.features / ENCODER_ID)
    with pytest.raises(InputError, match=rf"{ENCODER_ID}.*--force --reason"):
        promote(layout)


def first_test_id(rows) -> str:
    return next(row.id for row in rows if row.split == "test")


def test_without_a_challenger_or_an_earlier_champion_it_says_so(tmp_path):
    layout = evaluated_project(tmp_path)
    with pytest.raises(InputError, match="no challenger"):
        promote(layout)
    with pytest.raises(InputError, match="no earlier champion"):
        promote(layout, rollback=True)


def test_the_split_hash_sees_test_photographs_alone(tmp_path):
    layout = evaluated_project(tmp_path)
    rows = read_examples(layout.examples)
    without_one = [row for row in rows if row.id != first_test_id(rows)]
    only_test = [row for row in rows if row.split == "test"]
    assert split_hash(rows) == split_hash(only_test) != split_hash(without_one)
