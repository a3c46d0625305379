import pytest

from components.errors import InputError
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.methods.catalog import METHODS
from components.methods.vlpl.settings import VLPLSettings
from project.settings import params_yaml, parse_settings
from project.settings.methods import settings_of

NEEDED = {
    "project": {"name": "x"},
    "source": {"kind": "folder", "images": "photos"},
    "encoder": {"kind": "conse"},
}


def with_methods(methods):
    train = {"methods": methods, "recipes": [name for name in methods if name in METHODS]}
    return parse_settings({**NEEDED, "train": train if methods else {}}, "params.yaml")


def test_what_is_written_down_is_given_and_nothing_else():
    settings = with_methods({"vlpl": {"pull": 10, "labeler": {"name": "softmax", "theta": 0.4}}})
    assert settings.train.given("vlpl") == {"pull": 10.0, "labeler": SoftmaxThreshold(theta=0.4)}
    assert settings.train.given("csa") == {}


def test_a_null_that_is_written_down_counts():
    assert with_methods({"tagalign": {"most_epochs": None}}).train.given("tagalign") == {
        "most_epochs": None
    }


def test_settings_of_methods_survive_the_file():
    import yaml

    settings = with_methods({"gpr": {"cells": {"q_present": 0.2}}, "csa": {}})
    again = parse_settings(yaml.safe_load(params_yaml(settings)), "params.yaml")
    assert again.train.given("gpr") == settings.train.given("gpr")


@pytest.mark.parametrize(
    ("methods", "path", "said"),
    [
        ({"vlpl": {"alfa": 1}}, "train.methods.vlpl.alfa", "not permitted"),
        ({"vlpl": {"alpha": -1}}, "train.methods.vlpl", "at least 0"),
        ({"vlpl": {"alpha": "much"}}, "train.methods.vlpl.alpha", "valid number"),
        (
            {"vlpl": {"labeler": {"name": "softmax", "theta": 4}}},
            "train.methods.vlpl.labeler.softmax",
            "theta must be in",
        ),
        (
            {"vlpl": {"labeler": {"name": "magic"}}},
            "train.methods.vlpl.labeler",
            "'softmax', 'calibrated'",
        ),
        ({"gpr": {"cells": {"q_present": 0}}}, "train.methods.gpr.cells", "above 0"),
        ({"magic": {}}, "train.methods.magic", "not permitted"),
        ({"csa": {"prompts": "tokens"}}, "train.methods.csa.prompts", "no text tokens"),
    ],
)
def test_faults_are_named_by_their_path(methods, path, said):
    with pytest.raises(InputError) as fault:
        with_methods(methods)
    assert path in str(fault.value)
    assert said in str(fault.value)


def test_an_unknown_recipe_is_named_with_those_there_are():
    with pytest.raises(InputError, match=r"'magic'.*efuda"):
        parse_settings({**NEEDED, "train": {"recipes": ["magic"]}}, "params.yaml")


def test_a_section_of_a_method_that_is_not_trained_is_refused():
    train = {"recipes": ["vlpl"], "methods": {"csa": {"pull": 1.0}}}
    with pytest.raises(InputError, match=r"methods\.csa is set, and csa is not among the recipes"):
        parse_settings({**NEEDED, "train": train}, "params.yaml")


def test_settings_from_a_file_are_whole_or_refused_with_the_place():
    assert settings_of("vlpl", {"alpha": 0.3}, "tuned.yaml") == VLPLSettings(alpha=0.3)
    with pytest.raises(InputError, match=r"tuned.yaml: a.alfa: Extra"):
        settings_of("vlpl", {"alfa": 0.3}, "tuned.yaml: a")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_section(method):
    assert with_methods({method: {"pull": 3}}).train.given(method) == {"pull": 3.0}
