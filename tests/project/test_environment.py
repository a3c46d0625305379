"""What the libraries are told. The path of Python is tested with `efuda run`."""

import os

import pytest

from project.environment import LOOPBACK_ONLY, QUIET, loopback_environment, quiet_environment


@pytest.fixture
def environment(monkeypatch):
    """Variables that a test may change as it likes."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in (*QUIET, *LOOPBACK_ONLY):
        os.environ.pop(name, None)


@pytest.mark.usefixtures("environment")
def test_nothing_reports_usage_but_the_user_decides():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "1"
    quiet_environment()
    expected = {**QUIET, "RAY_USAGE_STATS_ENABLED": "1"}
    assert {name: os.environ[name] for name in QUIET} == expected


@pytest.mark.usefixtures("environment")
def test_loopback_lasts_for_the_block_alone_and_the_user_decides():
    os.environ["RAY_AUTH_MODE"] = "token"
    with loopback_environment():
        assert os.environ["RAY_AUTH_MODE"] == "token"
        assert os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
    assert "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER" not in os.environ
    assert os.environ["RAY_AUTH_MODE"] == "token"


def test_no_variable_is_named_twice():
    assert not QUIET.keys() & LOOPBACK_ONLY.keys()
