import pytest

from project.settings.source import SourceSettings


def test_words_that_yaml_swallows() -> None:
    with pytest.raises(ValueError, match="quotes"):
        SourceSettings.model_validate(
            {"kind": "csv", "images": "images", "encoding": {True: "present"}}
        )
