import pytest

from components.encoders.config import OpenClipConfig
from components.encoders.text_language import text_language


@pytest.mark.parametrize(
    ("model", "language"),
    [
        ("ViT-B-16", "English"),
        ("ViT-B-16-SigLIP", "English"),
        ("ViT-B-16-SigLIP2", "many"),
        ("ViT-B-16-SigLIP-i18n-256", "many"),
        ("xlm-roberta-base-ViT-B-32", "many"),
        ("nllb-clip-base", "many"),
    ],
)
def test_families_that_were_taught_many_languages_are_known(model, language):
    assert text_language(OpenClipConfig(model=model)) == language
