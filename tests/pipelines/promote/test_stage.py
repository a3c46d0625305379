import json
import shutil
from dataclasses import asdict
from typing import Any

import pytest

from components.atomic import read_json, write_json
from components.data.examples import read_examples, write_examples
from components.data.splits import split_hash
from components.errors import InputError
from components.labels.tables import read_labels, write_labels
from pipelines.promote.stage import Promotion, run
from project.layout import Layout
from project.registry import CHAMPION, Registry, open_registry
from project.report.words import difference_sentence
from project.settings import load_settings
from serving.release import released_bundle
from tests.projects.learning_project import ENCODER_ID
from tests.projects.registered_project import (
    evaluated_project,
    put_tagger,
    register_here,
    save_tagger,
)


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


def registry_of(layout: Layout) -> Registry:
    return open_registry(load_settings(layout.params), layout)


def champion(layout: Layout) -> str | None:
    holder = registry_of(layout).holder(CHAMPION)
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
    assert "Version 1 beats zero-shot by" in record["reason"]
    assert (record["against"], record["champion"]) == ("zero-shot", None)
    assert record["comparison"]["difference"]["low"] > 0
    again = promote(layout)
    assert (again.decision.outcome, again.path) == ("unchanged", None)
    assert len(records(layout)) == 1


def test_a_first_version_below_zero_shot_is_refused_and_not_served(tmp_path):
    layout = evaluated_project(tmp_path, evaluate={"num_bootstrap": 200})
    save_tagger(layout, "zero_shot", noise=0.0)
    put_tagger(layout, noise=1.0)
    register_here(layout)
    done = promote(layout)
    assert done.decision.outcome == "refused"
    assert "Version 1 is worse than zero-shot by" in done.decision.reason
    assert champion(layout) is None
    with pytest.raises(InputError, match=r"version 1 was refused.*worse than zero-shot"):
        released_bundle(registry_of(layout))
    assert outcome(layout, force=True, reason="a demonstration") == "promoted"
    assert "champion" in released_bundle(registry_of(layout)).title


def test_a_first_version_is_held_against_the_best_without_training_not_against_the_plainest(
    tmp_path,
):
    layout = evaluated_project(tmp_path, evaluate={"num_bootstrap": 200})
    save_tagger(layout, "zero_shot_normalised", noise=0.0)
    put_tagger(layout, noise=1.0)
    register_here(layout)
    done = promote(layout)
    assert done.decision.against == "zero-shot, normalised"
    assert done.decision.outcome == "refused"
    # The hold-out may say otherwise; the test split is not asked which is the best.
    recipes = {"zero_shot": {"mAP": 0.9}, "zero_shot_normalised": {"mAP": 0.8}}
    measured = {**read_json(layout.selection), "recipes": recipes, "num_labelled": 40}
    write_json(layout.selection, measured)
    assert promote(layout).decision.against == "zero-shot"


def test_a_first_version_that_is_not_distinguishable_is_told_in_the_words_of_the_report(tmp_path):
    layout = evaluated_project(tmp_path, evaluate={"num_bootstrap": 200})
    save_tagger(layout, "zero_shot", noise=0.0)
    register_here(layout)
    done = promote(layout)
    assert done.decision.outcome == "promoted"
    assert done.decision.comparison is not None
    sentence = difference_sentence(
        "version 1 - zero_shot", asdict(done.decision.comparison.difference)
    )
    assert sentence.replace("version 1", "Version 1") in done.decision.reason
    assert "is not distinguishable from zero-shot" in sentence


def test_a_first_version_without_training_needs_no_comparison(tmp_path):
    layout = evaluated_project(tmp_path)
    choose(layout, "zero_shot")
    register_here(layout)
    assert promote(layout).decision.reason == (
        "It is the first version. Nothing was trained for it."
    )


def test_without_any_tagger_that_needs_no_training_the_record_says_so(tmp_path):
    layout = evaluated_project(tmp_path)
    shutil.rmtree(layout.tagger("zero_shot", 0))
    register_here(layout)
    assert "none without training" in promote(layout).decision.reason


def test_what_nothing_measured_serves_first_but_takes_no_measured_place(tmp_path):
    layout = evaluated_project(tmp_path)
    labels = read_labels(layout.labels)
    forget_labels(layout)
    register_here(layout)
    first = promote(layout)
    assert first.decision.outcome == "promoted"
    assert "Not measured" in first.decision.reason
    put_tagger(layout, noise=1.0)
    forget_labels(layout)
    register_here(layout)
    assert promote(layout).decision.reason.startswith("Not measured")
    assert champion(layout) == "2"
    # Measured from here on; then the labels are lost again.
    write_labels(layout.labels, labels)
    put_tagger(layout, noise=0.0)
    register_here(layout)
    assert outcome(layout) == "promoted"
    put_tagger(layout, noise=0.2)
    forget_labels(layout)
    register_here(layout)
    with pytest.raises(InputError, match=r"No label has a known positive.*--force --reason"):
        promote(layout)
    assert champion(layout) == "3"


def choose(layout: Layout, recipe: str) -> None:
    shutil.copy(layout.calibration("vlpl", 0), layout.calibrations / "kept.json")
    path = layout.calibration(recipe, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    (layout.calibrations / "kept.json").rename(path)
    write_json(layout.selection, {"recipe": recipe, "seed": 0})


def forget_labels(layout: Layout) -> None:
    write_labels(layout.labels, read_labels(layout.labels).slice(0, 0))
    write_json(layout.metrics, {"test": {"zero_shot": {}, "vlpl": {}}})


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


def test_a_second_rollback_does_not_return_to_what_was_withdrawn(tmp_path):
    layout = two_versions(tmp_path, first=1.0, second=0.0)
    promote(layout)
    assert outcome(layout, rollback=True, reason="complaints") == "rolled back"
    with pytest.raises(InputError, match="version 1 is the first"):
        promote(layout, rollback=True)
    assert champion(layout) == "1"
    again = promote(layout)
    assert again.decision.outcome == "refused"
    assert "withdrawn: complaints" in again.decision.reason
    assert outcome(layout, force=True, reason="it was not the tagger") == "promoted"
    assert outcome(layout, rollback=True) == "rolled back"
    assert champion(layout) == "1"


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_a_challenger_whose_files_are_not_whole_is_refused_until_registered_anew(tmp_path, damage):
    layout = evaluated_project(tmp_path)
    register_here(layout)
    spoil(registry_of(layout), "1", damage)
    for how in ({}, {"force": True, "reason": "whatever"}):
        with pytest.raises(InputError, match="efuda register"):
            promote(layout, **how)
    told = register_here(layout)
    assert told["version"] == "2"
    assert "Registered anew" in told["summary"][1]
    assert outcome(layout) == "promoted"


def test_a_champion_without_files_can_be_restored_passed_over_or_replaced(tmp_path):
    layout = two_versions(tmp_path, first=1.0, second=0.5)
    promote(layout)
    spoil(registry_of(layout), "2", "gone")
    # The same bundle, registered anew, needs no comparison.
    register_here(layout)
    assert "registered anew" in promote(layout).decision.reason
    spoil(registry_of(layout), "3", "altered")
    put_tagger(layout, noise=0.0)
    register_here(layout)
    with pytest.raises(InputError, match=r"--rollback.*--force --reason"):
        promote(layout)
    # Version 2, which is gone, is passed over.
    assert outcome(layout, rollback=True) == "rolled back"
    assert champion(layout) == "1"


def spoil(registry: Registry, number: str, damage: str) -> None:
    version = registry.numbered(number)
    assert version is not None
    if damage == "gone":
        shutil.rmtree(version.bundle)
    else:
        path = version.bundle / "calibration.json"
        path.write_text(path.read_text().replace("0.5", "0.1"))


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
