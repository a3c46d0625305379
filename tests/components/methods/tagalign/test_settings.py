import pytest

from components.methods.tagalign.settings import TagAlignSettings


@pytest.mark.parametrize(
    "wrong", [{"caption_weight": -1.0}, {"kinds": "none", "caption_weight": 0.0}]
)
def test_settings_have_limits(wrong):
    with pytest.raises(ValueError, match=r"weights|nothing"):
        TagAlignSettings(**wrong)
