import shutil
from pathlib import Path

import pytest

from components.encoders.catalog import build_encoder, probe
from components.encoders.config import OpenClipConfig
from components.errors import InputError
from components.findings import Status
from tests.components.encoders.tiny_checkpoint import write_checkpoint


def local(directory: Path) -> OpenClipConfig:
    return OpenClipConfig(model=f"local-dir:{directory}")


def _cut_in_half(directory: Path) -> None:
    path = directory / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


def _no_weights(directory: Path) -> None:
    (directory / "open_clip_model.safetensors").unlink()


def _no_config(directory: Path) -> None:
    (directory / "open_clip_config.json").unlink()


def _half_a_config(directory: Path) -> None:
    path = directory / "open_clip_config.json"
    path.write_text(path.read_text()[:40])


def _foreign_config(directory: Path) -> None:
    (directory / "open_clip_config.json").write_text("{}")


def _other_weights(directory: Path) -> None:
    other = write_checkpoint(directory / "other", "resnet")
    shutil.copy(other / "open_clip_model.safetensors", directory)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (_cut_in_half, "damaged"),
        (_no_weights, "no weights"),
        (_no_config, "has no open_clip_config.json"),
        (_half_a_config, "not valid JSON"),
        (_foreign_config, "lacks 'model_cfg'"),
        (_other_weights, "does not fit"),
        (shutil.rmtree, "does not exist"),
    ],
)
def test_a_damaged_checkpoint_is_explained(tmp_path, fault, said):
    directory = write_checkpoint(tmp_path / "checkpoint")
    fault(directory)
    with pytest.raises(InputError, match=said) as raised:
        build_encoder(local(directory))
    assert "efuda doctor" in str(raised.value)


@pytest.mark.parametrize(
    ("model", "pretrained", "said"),
    [
        ("ViT-B-33", "openai", "Near it: ViT-B-32"),
        ("ViT-B-32", "opnai", "Its tags: openai"),
        ("ViT-B-32", None, "random weights"),
        ("ViT-B-32", "missing.safetensors", "does not exist"),
        ("ViT-B-32", "openai", "cannot be fetched"),
        ("hf-hub:nobody/nothing", None, "cannot be fetched"),
        ("local-dir:here", "openai", "remove encoder.pretrained"),
    ],
)
def test_a_wrong_name_is_explained_at_once(tmp_path, monkeypatch, model, pretrained, said):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for proxy in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    config = OpenClipConfig(model=model, pretrained=pretrained)
    with pytest.raises(InputError, match=said) as raised:
        build_encoder(config)
    findings = probe(config)
    assert [finding.detail for finding in findings if finding.status is Status.ERROR] == [
        str(raised.value)
    ]
