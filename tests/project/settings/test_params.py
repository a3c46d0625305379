import pytest

from components.errors import InputError
from project.settings import parse_settings

NEEDED = {
    "project": {"name": "x"},
    "source": {"kind": "folder", "images": "photos"},
    "encoder": {"kind": "conse"},
}


@pytest.mark.parametrize(
    ("section", "key", "instead"),
    [
        ("train", "method", "train.recipes"),
        ("train", "weight_decay", r"train\.methods\.NAME\.pull"),
        ("train", "prompts", r"train\.methods\.csa\.prompts"),
        ("tune", "num_trials", "every attempt"),
        ("tune", "fixed", r"train\.methods\.vlpl"),
    ],
)
def test_keys_of_earlier_versions_say_what_took_their_place(section, key, instead):
    with pytest.raises(InputError, match=rf"{section}\.{key}: is gone.*{instead}"):
        parse_settings({**NEEDED, section: {key: 1}}, "params.yaml")


def test_other_unknown_keys_are_refused_by_their_path():
    with pytest.raises(InputError, match=r"train\.epoch: Extra inputs"):
        parse_settings({**NEEDED, "train": {"epoch": 1}}, "params.yaml")
