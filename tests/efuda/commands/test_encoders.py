"""`efuda encoders`, and `efuda init --encoder` with one of its names."""

import json

import open_clip
import pytest
from PIL import Image

from components.encoders import config, short_names
from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.short_names import PublishedEncoder
from components.errors import InputError
from efuda.new_project import options
from project.settings import load_settings
from tests.components.encoders.fake_hub import COMMIT, FakeHub, fake_hub
from tests.components.encoders.tiny_checkpoint import register
from tests.components.encoders.tiny_siglip import PREPROCESS, write_siglip
from tests.efuda.called import call

ROW = PublishedEncoder(
    name="tiny",
    model="efuda-tiny-named",
    pretrained="drawn",
    repository="nobody/tiny",
    licence="MIT",
    megabytes=1,
    good_at="tests",
    own_tokenizer=True,
)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with one encoder, which is in the table of short names."""
    checkpoint = write_siglip(tmp_path / "checkpoint")
    register(checkpoint, ROW.model)
    tag = {"hf_hub": f"{ROW.repository}/", "interpolation": "bicubic", **PREPROCESS}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, ROW.model, {ROW.pretrained: tag})
    rows = dict(short_names.SHORT_NAMES) | {ROW.name: ROW}
    for module in (short_names, config, options):
        monkeypatch.setattr(module, "SHORT_NAMES", rows)
    monkeypatch.setenv("EFUDA_CACHE", str(tmp_path / "cache"))
    files = {name: (checkpoint / name).read_bytes() for name in ROW.files}
    with fake_hub(FakeHub(ROW.repository, files)) as served:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", served.endpoint)
        yield served


@pytest.fixture
def photos(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (32, 32), "red").save(tmp_path / "photos" / name / "1.png")
    return tmp_path / "photos"


def init(project, photos, *more):
    return call("init", project, "--source", "folder", "--images", photos, *more)


def test_a_word_makes_a_project_that_is_held_to_what_was_fetched(hub, photos, tmp_path, capsys):
    assert init(tmp_path / "first", photos, "--encoder", "tiny") == 0
    settings = load_settings(tmp_path / "first" / "params.yaml")
    encoder = settings.encoder
    assert isinstance(encoder, OpenClipConfig)
    assert encoder.hub is not None
    assert (encoder.model, encoder.pretrained) == (ROW.model, ROW.pretrained)
    assert (encoder.hub.repository, encoder.hub.revision) == (ROW.repository, COMMIT)
    assert set(encoder.hub.sha256) == set(ROW.files)
    assert build_encoder(encoder).embed_dim == 24
    num_asked = len(hub.asked)
    assert init(tmp_path / "second", photos, "--encoder", "tiny") == 0
    assert load_settings(tmp_path / "second" / "params.yaml").encoder == encoder
    assert len(hub.asked) == num_asked
    assert "0.422" not in capsys.readouterr().out
    assert call("encoders", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["encoders"]}
    assert rows["tiny"]["here"] is True
    assert rows["tiny"]["revision"] == COMMIT
    assert rows["clip-b16"]["here"] is False


def test_a_hash_that_was_edited_is_refused(hub, photos, tmp_path):
    assert init(tmp_path / "first", photos, "--encoder", "tiny") == 0
    path = tmp_path / "first" / "params.yaml"
    path.write_text(path.read_text().replace("tokenizer.json: ", "tokenizer.json: 0"))
    with pytest.raises(ValueError, match="64 hex digits"):
        load_settings(path)


def test_without_a_hub_nothing_is_made_and_one_sentence_says_why(
    hub, photos, tmp_path, monkeypatch
):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"cannot be fetched .* conse, which needs no download"):
        init(tmp_path / "first", photos, "--encoder", "tiny")
    assert not (tmp_path / "first").exists()


def test_the_default_says_what_is_lost(photos, tmp_path, capsys):
    assert init(tmp_path / "first", photos) == 0
    told = capsys.readouterr().out
    assert "0.422" in told
    assert "0.466" in told
    assert "efuda encoders" in told
    assert init(tmp_path / "second", photos, "--encoder", "conse") == 0
    assert "0.422" not in capsys.readouterr().out


def test_the_table_is_printed_for_people(capsys):
    assert call("encoders") == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines[1 : 2 + len(short_names.SHORT_NAMES)]]
    assert names == ["conse", *short_names.SHORT_NAMES]
    assert "1,501 MB" in next(line for line in lines if line.startswith("siglip2 "))
