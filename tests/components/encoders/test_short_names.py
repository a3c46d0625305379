"""The table of short names, against open_clip's own."""

import open_clip
import pytest
import torch

from components.encoders.config import OpenClipConfig, parse_encoder
from components.encoders.hub_files import HubFiles
from components.encoders.short_names import SHORT_NAMES, licence_of
from components.encoders.text_tokens import TOKENIZER_CONFIG_FILE, TOKENIZER_FILE

ROWS = list(SHORT_NAMES.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_open_clip_says(row):
    tag = open_clip.get_pretrained_cfg(row.model, row.pretrained)
    model = open_clip.get_model_config(row.model)
    assert model is not None
    assert tag["hf_hub"] == f"{row.repository}/"
    assert bool(tag.get("quick_gelu")) == bool(model.get("quick_gelu"))
    text = model["text_cfg"]
    assert row.own_tokenizer == (text.get("hf_tokenizer_name") == row.repository)
    if row.own_tokenizer:
        assert text["tokenizer_kwargs"] == {"clean": "canonicalize"}
        assert text["context_length"] == 64
        assert {TOKENIZER_FILE, TOKENIZER_CONFIG_FILE} < set(row.files)
    assert parse_encoder(row.name) == OpenClipConfig(model=row.model, pretrained=row.pretrained)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_its_size_is_that_of_the_architecture_in_single_precision(row):
    with torch.device("meta"):
        model = open_clip.create_model(row.model, load_weights=False, device="meta")
    numbers = sum(value.numel() for value in model.state_dict().values())
    assert row.megabytes == round(4 * numbers / 1e6)


def test_cards_name_the_licence_and_the_commit():
    row = SHORT_NAMES["clip-b16"]
    hub = HubFiles(repository=row.repository, revision="a" * 40, sha256={"w.safetensors": "b" * 64})
    told = OpenClipConfig(model=row.model, pretrained=row.pretrained, hub=hub).described()
    assert "MIT" in told
    assert "a" * 40 in told
    assert licence_of("nobody/nothing") is None


@pytest.mark.parametrize(
    "change",
    [
        {"repository": "../../etc"},
        {"repository": "a/.."},
        {"revision": "main"},
        {"sha256": {}},
        {"sha256": {"tokenizer.json": "b" * 64}},
        {"sha256": {"../w.safetensors": "b" * 64}},
        {"sha256": {"w.safetensors": "b" * 64, "pytorch_model.bin": "b" * 64}},
        {"sha256": {"w.safetensors": "b"}},
    ],
)
def test_what_is_no_record_of_safe_files_is_refused(change):
    """It names a path in the cache, and may come with a bundle of somebody else's."""
    good = {"repository": "a/b", "revision": "a" * 40, "sha256": {"w.safetensors": "b" * 64}}
    HubFiles(**good)
    with pytest.raises(ValueError, match=r"repository|revision|sha256"):
        HubFiles(**(good | change))
