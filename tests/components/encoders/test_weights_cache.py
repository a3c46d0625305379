"""Fetching from a hub on this machine: once, whole, of the right hash, and in one sentence."""

import hashlib
import multiprocessing
from dataclasses import replace
from pathlib import Path

import open_clip
import pytest
import torch

from components.encoders.catalog import build_encoder, probe
from components.encoders.config import OpenClipConfig
from components.encoders.open_clip import OpenClipEncoder
from components.encoders.short_names import WEIGHTS, PublishedEncoder
from components.encoders.weights_cache import (
    cache_directory,
    commit_directory,
    fetched,
    first_fetch,
    held_revision,
)
from components.errors import InputError
from components.findings import Status
from tests.components.encoders.drawn_images import drawn_images
from tests.components.encoders.fake_hub import COMMIT, FakeHub, fake_hub
from tests.components.encoders.tiny_checkpoint import register, write_checkpoint
from tests.components.encoders.tiny_siglip import PREPROCESS, write_siglip

REPOSITORY = "nobody/tiny"
ROW = PublishedEncoder(
    name="tiny",
    model="efuda-tiny-siglip",
    pretrained="drawn",
    repository=REPOSITORY,
    licence="MIT",
    megabytes=1,
    good_at="tests",
    own_tokenizer=True,
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EFUDA_CACHE", str(tmp_path / "cache"))
    for proxy in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return tmp_path / "cache"


@pytest.fixture
def checkpoint(tmp_path, monkeypatch) -> Path:
    directory = write_siglip(tmp_path / "checkpoint")
    register(directory, ROW.model)
    tag = {"hf_hub": f"{REPOSITORY}/", "interpolation": "bicubic", **PREPROCESS}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, ROW.model, {ROW.pretrained: tag})
    return directory


@pytest.fixture
def hub(checkpoint, monkeypatch):
    files = {name: (checkpoint / name).read_bytes() for name in ROW.files}
    with fake_hub(FakeHub(REPOSITORY, files)) as served:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", served.endpoint)
        yield served


def config_of(files) -> OpenClipConfig:
    return OpenClipConfig(model=ROW.model, pretrained=ROW.pretrained, hub=files)


def gets(hub: FakeHub) -> list[str]:
    """The files that were sent, in order."""
    wanted = tuple(f"GET {name}" for name in ROW.files)
    return [line for line in hub.asked if line.startswith(wanted)]


def test_weights_are_fetched_once_and_used_without_the_hub(hub, checkpoint, monkeypatch):
    files = first_fetch(ROW)
    assert files.revision == COMMIT
    assert dict(files.sha256) == {
        name: hashlib.sha256(body).hexdigest() for name, body in hub.files.items()
    }
    assert gets(hub) == [f"GET {name}" for name in ROW.files]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    num_asked = len(hub.asked)
    assert first_fetch(ROW) == files
    encoder = build_encoder(config_of(files))
    assert len(hub.asked) == num_asked
    assert [each.status for each in probe(config_of(files))] == [Status.OK, Status.OK]
    local = build_encoder(OpenClipConfig(model=f"local-dir:{checkpoint}"))
    pixels = torch.stack([encoder.preprocess(image) for image in drawn_images()])
    torch.testing.assert_close(
        encoder.encode_images(pixels).global_vectors, local.encode_images(pixels).global_vectors
    )
    assert torch.equal(encoder.encode_texts(["Two DOGS"]), local.encode_texts(["two dogs"]))
    assert encoder.id == local.id


def test_another_machine_fetches_the_commit_that_is_on_record(hub, own_cache, monkeypatch):
    files = first_fetch(ROW)
    monkeypatch.setenv("EFUDA_CACHE", str(own_cache.with_name("another")))
    hub.asked.clear()
    assert build_encoder(config_of(files)).id.startswith("open_clip-")
    assert gets(hub) == [f"GET {name}" for name in ROW.files]


def test_a_file_of_another_hash_is_refused_and_removed(hub):
    files = first_fetch(ROW)
    path = commit_directory(REPOSITORY, COMMIT) / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match=r"settings \(encoder.hub.sha256\) record .* removed"):
        build_encoder(config_of(files))
    assert not path.exists()
    assert fetched(files) == path.parent


def test_what_the_hub_holds_now_is_not_what_was_recorded(hub):
    files = first_fetch(ROW)
    path = commit_directory(REPOSITORY, COMMIT) / WEIGHTS
    path.unlink()
    hub.files[WEIGHTS] = hub.files[WEIGHTS][:-1] + b"!"
    with pytest.raises(InputError, match="do not trust it"):
        fetched(files)
    assert not path.exists()


def test_bytes_that_are_not_those_the_hub_announces_are_refused(hub):
    hub.served = {WEIGHTS: hub.files[WEIGHTS][:-1] + b"!"}
    with pytest.raises(InputError, match="the hub records"):
        first_fetch(ROW)
    assert held_revision(REPOSITORY, ROW.files) is None
    assert not list(cache_directory().rglob(f"{WEIGHTS}*"))


def test_a_cut_connection_goes_on_where_it_was_cut(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 16)
    half = len(hub.files[WEIGHTS]) // 2
    path = commit_directory(REPOSITORY, COMMIT) / f"{WEIGHTS}.part"
    path.parent.mkdir(parents=True)
    path.write_bytes(hub.files[WEIGHTS][:half])  # as a killed run leaves it
    hub.cut_after = 40  # of the first file
    files = first_fetch(ROW)
    first, *others = ROW.files
    assert gets(hub) == [
        f"GET {first}",
        f"GET {first} bytes=32-",
        *(f"GET {name}" for name in others[:-1]),
        f"GET {WEIGHTS} bytes={half}-",
    ]
    assert not path.exists()
    assert fetched(files) == path.parent


def test_a_part_that_is_too_long_is_begun_anew(hub):
    path = commit_directory(REPOSITORY, COMMIT) / f"{WEIGHTS}.part"
    path.parent.mkdir(parents=True)
    path.write_bytes(hub.files[WEIGHTS] + b"more")
    files = first_fetch(ROW)
    assert files.sha256[WEIGHTS] == hashlib.sha256(hub.files[WEIGHTS]).hexdigest()


def _fetch_in_a_process(endpoint: str) -> None:
    from huggingface_hub import constants

    constants.ENDPOINT = endpoint
    first_fetch(ROW)


def test_processes_that_want_the_same_file_fetch_it_once(hub):
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=_fetch_in_a_process, args=(hub.endpoint,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert hub.asked.count(f"GET {WEIGHTS}") == 1
    assert not list(cache_directory().rglob("*.part"))


@pytest.mark.parametrize("way", ["down", "offline", "no_hub", "no_file"])
def test_without_a_hub_one_sentence_says_what_to_do(hub, monkeypatch, way):
    if way == "down":
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    elif way == "offline":
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    elif way == "no_file":
        del hub.files[WEIGHTS]
    row = replace(ROW, repository="nobody/nothing") if way == "no_hub" else ROW
    with pytest.raises(InputError) as raised:
        first_fetch(row)
    told = str(raised.value)
    assert "cannot be fetched" in told
    assert f"copy the folder {cache_directory()}" in told
    assert "encoder.pretrained" in told
    assert "conse, which needs no download" in told
    assert "\n" not in told


def test_a_recorded_file_that_cannot_be_had_is_told_by_doctor_too(hub, own_cache, monkeypatch):
    files = first_fetch(ROW)
    monkeypatch.setenv("EFUDA_CACHE", str(own_cache.with_name("empty")))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="cannot be fetched") as raised:
        build_encoder(config_of(files))
    assert [each.detail for each in probe(config_of(files)) if each.status is Status.ERROR] == [
        str(raised.value)
    ]


def test_the_cache_has_its_place(monkeypatch, tmp_path):
    assert cache_directory() == tmp_path / "cache"
    monkeypatch.delenv("EFUDA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "efuda"


def test_activations_are_those_that_a_tag_was_trained_with(tmp_path, monkeypatch):
    """open_clip itself warns and goes on with others."""
    name = register(write_checkpoint(tmp_path / "clip"), "efuda-tiny-clip")
    monkeypatch.setenv("HOME", str(tmp_path))
    here = tmp_path / ".cache" / "clip" / "quick.safetensors"
    here.parent.mkdir(parents=True)
    here.write_bytes((tmp_path / "clip" / WEIGHTS).read_bytes())
    tag = {"url": f"https://nowhere/{here.name}", "file": str(here), "quick_gelu": True}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, name, {"quick": tag})
    encoder = build_encoder(OpenClipConfig(model=name, pretrained="quick"))
    assert isinstance(encoder, OpenClipEncoder)
    assert "QuickGELU" in str(encoder._facts()["activations"])
