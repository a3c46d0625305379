"""The container file."""

import pytest

from tests.infra.containerfile import check, instructions_of
from tests.infra.places import INFRA, ROOT

TEXT = (INFRA / "Containerfile").read_text(encoding="utf-8")


def test_it_copies_what_is_there_and_does_not_run_as_root():
    check(TEXT, ROOT)


def test_lines_that_go_on_are_joined():
    found = instructions_of("# a\nFROM x:1\nRUN a \\\n    # why\n    && b\n")
    assert [(each.word, each.rest.split()) for each in found] == [
        ("FROM", ["x:1"]),
        ("RUN", ["a", "&&", "b"]),
    ]


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("WORKDIR", "WRKDIR", ValueError),
        ("FROM python:3.11-slim-bookworm\n", "FROM python:latest\n", AssertionError),
        ("FROM python:3.11-slim-bookworm\n", "FROM python\n", AssertionError),
        ("USER 1000", "USER root", AssertionError),
        ("USER 1000\n", "", AssertionError),
        ("COPY tuning /src/tuning\n", "", AssertionError),
        ("COPY requirements.lock", "COPY requirements.txt", AssertionError),
        ("pyproject.toml README.md LICENSE", "pyproject.toml README.md", AssertionError),
    ],
)
def test_a_broken_one_is_seen(good, bad, fault):
    assert good in TEXT
    with pytest.raises(fault):
        check(TEXT.replace(good, bad), ROOT)
