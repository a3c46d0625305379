"""What the libraries are told. The path of Python is tested with `efuda run`."""

import os

import pytest

from project.environment import (
    AUTHENTICATION,
    LOOPBACK_ONLY,
    PATIENT,
    QUIET,
    private_ray_environment,
    quiet_environment,
)


@pytest.fixture
def environment(monkeypatch):
    """Variables that a test may change as it likes."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in (*QUIET, *LOOPBACK_ONLY, *PATIENT, *AUTHENTICATION):
        os.environ.pop(name, None)


@pytest.mark.usefixtures("environment")
def test_nothing_reports_usage_but_the_user_decides():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "1"
    quiet_environment()
    expected = {**QUIET, "RAY_USAGE_STATS_ENABLED": "1"}
    assert {name: os.environ[name] for name in QUIET} == expected


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("mode", ["disabled", "token", None])
def test_a_ray_of_ours_asks_for_a_secret_whatever_the_users_cluster_does(tmp_path, mode):
    if mode:
        os.environ.update(RAY_AUTH_MODE=mode, RAY_AUTH_TOKEN_PATH="cluster")  # noqa: S106 - a path
    os.environ["RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S"] = "7"
    before = dict(os.environ)
    with private_ray_environment(tmp_path / "token"):
        assert os.environ["RAY_AUTH_MODE"] == "token"
        assert os.environ["RAY_AUTH_TOKEN_PATH"] == str(tmp_path / "token")
        assert os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
        assert os.environ["RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S"] == "7"
    assert dict(os.environ) == before


def test_no_variable_is_named_twice():
    names = [*QUIET, *LOOPBACK_ONLY, *PATIENT, *AUTHENTICATION]
    assert len(names) == len(set(names))
