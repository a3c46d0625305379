"""`ray up` reads the file as Ray's own schema says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray.autoscaler

from tests.infra.places import changed, load

FILE = "ray-cluster.yaml"
SCHEMA = json.loads((Path(ray.autoscaler.__path__[0]) / "ray-schema.json").read_text("utf-8"))
STARTS = ("head_start_ray_commands", "worker_start_ray_commands")


def check(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA)
    for starts in STARTS:
        started = [line for line in document[starts] if "ray start" in line]
        assert started, f"{starts} start nothing"
        assert all("RAY_AUTH_MODE=token" in line for line in started), f"{starts} ask for no token"
    assert len(document["provider"]["worker_ips"]) == document["max_workers"]


def test_the_file_is_what_ray_expects():
    check(load(FILE))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("cluster_name", None, "required"),
        ("idle_timeout_minuets", 5, "Additional properties"),
        ("max_workers", "two", "not of type"),
        ("auth.ssh_user", 7, "not of type"),
    ],
)
def test_ray_refuses_a_broken_one(path, value, told):
    with pytest.raises(jsonschema.ValidationError, match=told):
        check(changed(load(FILE), path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("head_start_ray_commands", ["ray stop"]),
        ("worker_start_ray_commands.1", "ray start --address=$RAY_HEAD_IP:6379"),
        ("max_workers", 3),
    ],
)
def test_a_cluster_that_asks_for_no_token_is_seen(path, value):
    with pytest.raises(AssertionError):
        check(changed(load(FILE), path, value))
