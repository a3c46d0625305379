import re
from dataclasses import asdict, replace

import numpy as np
import pytest
import yaml

from components.methods.catalog import METHODS
from components.training.settings import Schedule
from project.settings.methods import settings_of
from tests.components.methods.region_world import region_task
from tests.projects.captioned_task import captioned_task

LEARNING = [name for name, row in METHODS.items() if row.is_trained]


def task_of(method, rule="verified"):
    task = captioned_task(20) if METHODS[method].reads.captions else region_task()
    return replace(task, holdout=replace(task.holdout, rule=rule))


def test_every_row_has_a_colour_of_its_own_and_a_name_that_is_its_key():
    for ground in ("light", "dark"):
        colours = [getattr(row.colour, ground) for row in METHODS.values()]
        assert len(set(colours)) == len(colours)
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert [row.name for row in METHODS.values()] == list(METHODS)
    assert len({row.title for row in METHODS.values()}) == len(METHODS)
    assert all(row.explained for row in METHODS.values())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rule", ["verified", "observed"])
def test_attempts_survive_a_file_and_differ(method, rule):
    attempts = METHODS[method].attempts(task_of(method, rule))
    assert len(set(attempts)) == len(attempts) > 0
    for settings in attempts:
        values = yaml.safe_load(yaml.safe_dump(asdict(settings)))
        assert settings_of(method, values, "a file") == settings


@pytest.mark.parametrize("method", LEARNING)
@pytest.mark.parametrize("rule", ["verified", "observed"])
def test_every_method_has_the_same_number_of_attempts(method, rule):
    """Whoever tries more finds more: a comparison gives all the same means."""
    task = task_of(method, rule)
    assert len(METHODS[method].attempts(task)) == 4
    assert len(METHODS[method].attempts(replace(task, regions=()))) == 4


@pytest.mark.parametrize("method", LEARNING)
def test_what_the_user_has_set_is_in_every_attempt_and_leaves_fewer(method):
    row, task = METHODS[method], task_of(method)
    attempts = row.attempts(task, {"pull": 7.0})
    assert all(settings.pull == 7.0 for settings in attempts)
    assert 0 < len(attempts) <= len(row.attempts(task))
    whole = {name: value for name, value in asdict(row.settings()).items() if name == "pull"}
    assert len(row.attempts(task, whole)) >= 1


@pytest.mark.parametrize("method", LEARNING)
def test_settings_cut_the_schedule_and_never_lengthen_it(method):
    shared = Schedule(epochs=40, batch_size=256, learning_rate=0.003)
    settings = replace(METHODS[method].settings(), pull=7.0, most_epochs=24, most_images=64)
    assert settings.schedule(shared).epochs == 24
    assert settings.schedule(shared).batch_size == 64
    assert settings.schedule(shared).pull == 7.0
    assert settings.schedule(replace(shared, epochs=10)).epochs == 10


@pytest.mark.parametrize(
    "wrong", [{"pull": -1.0}, {"most_epochs": 0}, {"most_images": 0}, {"learning_rate": 0.0}]
)
@pytest.mark.parametrize("method", LEARNING)
def test_settings_that_all_methods_have_are_checked_by_all(method, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        METHODS[method].settings(**wrong)


def test_a_cautious_method_tries_from_cautious_to_bold():
    for row in METHODS.values():
        if row.is_cautious:
            pulls = [settings.pull for settings in row.attempts(region_task())]
            assert pulls == sorted(pulls, reverse=True)


@pytest.mark.parametrize("method", LEARNING)
def test_every_method_builds_what_its_attempts_say(method):
    row, task = METHODS[method], task_of(method)
    for settings in row.attempts(task):
        learner = row.recipe(settings).build(task)
        assert learner.taught_rows(task).shape == (len(task.states),)
        names = {name for name, _ in learner.named_parameters()}
        assert names
        assert all(np.isfinite(each.detach().numpy()).all() for each in learner.parameters())
