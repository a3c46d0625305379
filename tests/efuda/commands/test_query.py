import json
from pathlib import Path

import pytest

from efuda import cli
from efuda.commands import query
from serving import client
from tests.serving.conftest import app, bundle_dir, service_url
from tests.serving.tiny_bundle import card

__all__ = ["app", "bundle_dir", "service_url"]


@pytest.fixture
def blue_card(tmp_path: Path) -> Path:
    path = tmp_path / "blue.png"
    card("blue").save(path)
    return path


def asked(capsys, *arguments: object) -> tuple[int, str, str]:
    status = cli.main(["query", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def test_tags_for_people_and_for_programs(capsys, service_url, blue_card):
    status, out, _ = asked(capsys, "tag", blue_card, "--url", service_url)
    assert status == 0
    assert out.splitlines()[0].startswith("*")
    assert out.splitlines()[0].endswith("blue")
    status, out, _ = asked(capsys, "tag", blue_card, "--url", service_url, "--json")
    assert json.loads(out)["tags"][0]["label"] == "blue"


@pytest.mark.parametrize("kind", ["--text", "--image", "--sketch"])
def test_search(capsys, service_url, blue_card, kind):
    value = "blue" if kind == "--text" else blue_card
    status, out, _ = asked(
        capsys, "search", kind, value, "-k", 3, "--without", "red", "--url", service_url
    )
    assert status == 0
    assert len(out.splitlines()) == 3
    assert "[blue]" in out.splitlines()[0]


def test_no_picture_passes(capsys, service_url):
    filters = ("--tags", "blue", "--without", "blue")
    _, out, _ = asked(capsys, "search", "--text", "x", *filters, "--url", service_url)
    assert out.strip() == "no picture passes the filters"


def test_faults_are_one_clean_line(capsys, service_url, tmp_path):
    status, out, err = asked(capsys, "search", "--text", "x", "--tags", "blu", "--url", service_url)
    assert (status, out) == (2, "")
    assert err.startswith("efuda query: ")
    assert "'blue'" in err
    status, out, _ = asked(capsys, "tag", tmp_path / "no.png", "--url", service_url, "--json")
    assert status == 2
    assert "cannot be read" in json.loads(out)["error"]
    status, _, err = asked(capsys, "search", "--text", "x", "--url", "http://127.0.0.1:9")
    assert status == 2
    assert "efuda serve" in err


@pytest.mark.parametrize("given", [(), ("--text", "x", "--image", "x.png")])
def test_one_query_is_asked_at_a_time(capsys, given):
    status, _, err = asked(capsys, "search", *given)
    assert status == 2
    assert "Give one of --text, --image and --sketch" in err


def test_the_address_by_default_is_the_clients():
    assert query.DEFAULT_URL == client.DEFAULT_URL
