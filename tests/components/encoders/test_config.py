import json
from dataclasses import asdict, replace
from typing import get_args

import pytest

from components.encoders.catalog import probe
from components.encoders.config import (
    ENCODER_CONFIGS,
    ConseConfig,
    EncoderConfig,
    OpenClipConfig,
    parse_encoder,
    read_encoder,
)
from components.encoders.hub_files import HubFiles
from components.errors import InputError
from project.settings import parse_settings

ONE_OF_EACH = (ConseConfig(), OpenClipConfig(model="ViT-B-32", pretrained="weights/b.pt"))
HELD = OpenClipConfig(
    model="ViT-B-32",
    pretrained="openai",
    hub=HubFiles(repository="a/b", revision="a" * 40, sha256={"w.safetensors": "b" * 64}),
)


def test_every_kind_is_in_the_one_list():
    assert tuple(ENCODER_CONFIGS.values()) == get_args(EncoderConfig)
    assert {each.kind: type(each) for each in ONE_OF_EACH} == dict(ENCODER_CONFIGS)


@pytest.mark.parametrize("config", [*ONE_OF_EACH, HELD], ids=lambda config: config.kind)
def test_settings_read_what_a_kind_writes_and_everyone_can_ask_about_it(config):
    values = {
        "project": {"name": "x"},
        "source": {"kind": "folder", "images": "images"},
        "encoder": asdict(config),
    }
    assert parse_settings(values, "params.yaml").encoder == config
    assert read_encoder(json.loads(json.dumps(asdict(config)))) == config
    assert config.kind in config.described()
    assert probe(config)


def test_files_of_the_hub_go_with_a_tag():
    with pytest.raises(ValueError, match="set pretrained"):
        replace(HELD, pretrained=None)
    values = {
        "project": {"name": "x"},
        "source": {"kind": "folder", "images": "images"},
        "encoder": asdict(HELD),
    }
    values["encoder"]["hub"]["revision"] = "main"
    with pytest.raises(InputError, match="40 hex digits"):
        parse_settings(values, "params.yaml")


def test_a_form_that_is_not_known_is_told_the_others():
    assert parse_encoder("conse") == ConseConfig()
    with pytest.raises(InputError, match=r"allowed are conse, .*open_clip:MODEL"):
        parse_encoder("consense")
