import pytest

from project.settings.source import HideSettings, SourceSettings


def test_words_that_yaml_swallows() -> None:
    with pytest.raises(ValueError, match="quotes"):
        SourceSettings.model_validate(
            {"kind": "csv", "images": "images", "encoding": {True: "present"}}
        )


def test_a_released_mask_takes_the_released_seed_unless_told():
    assert HideSettings(protocol="partial:0.3@hcp").seed == 0
    assert HideSettings(protocol="few:0.1@cap").seed == 1
    assert HideSettings(protocol="single-positive@cole", seed=7).seed == 7
    assert HideSettings(protocol="few:0.1").seed == 1200
