import json
from pathlib import Path

import pytest

from components.errors import InputError
from serving import client as query
from serving.client import Client
from tests.serving.tiny_bundle import card


@pytest.fixture
def blue_card(tmp_path: Path) -> Path:
    path = tmp_path / "blue.png"
    card("blue").save(path)
    return path


def asked(capsys, *arguments: str) -> tuple[int, str, str]:
    status = query.main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


def test_tags_for_people_and_for_programs(capsys, service_url, blue_card):
    status, out, _ = asked(capsys, "tag", str(blue_card), "--url", service_url)
    assert status == 0
    assert out.splitlines()[0].startswith("*")
    assert out.splitlines()[0].endswith("blue")
    status, out, _ = asked(capsys, "tag", str(blue_card), "--url", service_url, "--json")
    assert json.loads(out)["tags"][0]["label"] == "blue"


@pytest.mark.parametrize("kind", ["--text", "--image", "--sketch"])
def test_search(capsys, service_url, blue_card, kind):
    value = "blue" if kind == "--text" else str(blue_card)
    status, out, _ = asked(
        capsys, "search", kind, value, "-k", "3", "--without", "red", "--url", service_url
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
    assert "'blue'" in err
    status, out, _ = asked(capsys, "tag", str(tmp_path / "no.png"), "--url", service_url, "--json")
    assert status == 2
    assert "cannot be read" in json.loads(out)["error"]
    status, _, err = asked(capsys, "search", "--text", "x", "--url", "http://127.0.0.1:9")
    assert status == 2
    assert "efuda serve" in err
    status, _, err = asked(capsys, "search", "--text", "x", "--url", "nonsense")
    assert status == 2


def test_two_queries_are_the_services_fault_to_tell(service_url, blue_card):
    with Client(service_url) as client, pytest.raises(InputError, match="2 queries"):
        client.search(text="x", image=blue_card)
