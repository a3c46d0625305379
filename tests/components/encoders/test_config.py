from dataclasses import asdict
from typing import get_args

import pytest

from components.encoders.catalog import probe
from components.encoders.config import (
    ENCODER_CONFIGS,
    ConseConfig,
    EncoderConfig,
    OpenClipConfig,
    parse_encoder,
)
from components.errors import InputError
from project.settings import parse_settings

ONE_OF_EACH = (ConseConfig(), OpenClipConfig(model="ViT-B-32", pretrained="weights/b.pt"))


def test_every_kind_is_in_the_one_list():
    assert tuple(ENCODER_CONFIGS.values()) == get_args(EncoderConfig)
    assert {each.kind: type(each) for each in ONE_OF_EACH} == dict(ENCODER_CONFIGS)


@pytest.mark.parametrize("config", ONE_OF_EACH, ids=lambda config: config.kind)
def test_settings_read_what_a_kind_writes_and_everyone_can_ask_about_it(config):
    values = {
        "project": {"name": "x"},
        "source": {"kind": "folder", "images": "images"},
        "encoder": asdict(config),
    }
    assert parse_settings(values, "params.yaml").encoder == config
    assert config.kind in config.described()
    assert probe(config)


def test_a_form_that_is_not_known_is_told_the_others():
    assert parse_encoder("conse") == ConseConfig()
    with pytest.raises(InputError, match=r"allowed are conse, .*open_clip:MODEL"):
        parse_encoder("consense")
