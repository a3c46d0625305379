"""Both Serve configurations, that of `serve deploy` and that inside the RayService."""

import importlib
import inspect
import json
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from ray.serve.schema import ServeDeploySchema

from serving.configured import ServedBundle
from serving.guards.front import ALLOWED_HOSTS, front_environment
from serving.ray_service import KEEP_ALIVE_S
from tests.infra.places import changed, load

ENVIRONMENT = "controller_options.runtime_env.env_vars"
SERVICE = "kuberay/rayservice.yaml"


def config_of(name: str) -> dict[str, Any]:
    document = load(name)
    return yaml.safe_load(document["spec"]["serveConfigV2"]) if name == SERVICE else document


def check(document: dict[str, Any]) -> None:
    config = ServeDeploySchema.model_validate(document)
    for application in config.applications:
        module, name = application.import_path.split(":")
        builder = getattr(importlib.import_module(module), name)
        (given,) = inspect.signature(builder).parameters.values()
        assert given.annotation is ServedBundle
        assert ServedBundle(**application.args).bundle.is_absolute()
    assert config.http_options.keep_alive_timeout_s == KEEP_ALIVE_S
    assert config.controller_options is not None
    environment = (config.controller_options.runtime_env or {})["env_vars"]
    allowed = json.loads(environment.get(ALLOWED_HOSTS, "[]"))
    assert environment == front_environment(config.http_options.host, allowed)


each = pytest.mark.parametrize("name", ["serve-config.yaml", SERVICE])


@each
def test_serve_takes_the_file_and_the_guards_stand_in_front(name):
    check(config_of(name))


def test_the_service_goes_by_the_name_that_kubernetes_gives_it():
    environment = config_of(SERVICE)["controller_options"]["runtime_env"]["env_vars"]
    name = load(SERVICE)["metadata"]["name"]
    assert f"{name}-serve-svc" in json.loads(environment[ALLOWED_HOSTS])


@each
@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("proxy_location", "Somewhere", ValidationError),
        ("http_options.port", "http", ValidationError),
        ("http_options.keep_alive_timeout_s", 5, AssertionError),
        ("controller_options.runtime_env.pip", ["numpy"], ValidationError),
        ("applications.0.import_path", "serving.configured:app", AttributeError),
        ("applications.0.import_path", "serving.configuration:application", ModuleNotFoundError),
        ("applications.0.args.bundle", "data/bundle", AssertionError),
        ("applications.0.args.bundel", "/project/data/bundle", ValidationError),
        ("controller_options", None, AssertionError),
        (f"{ENVIRONMENT}.EFUDA_LISTENING_ON", "10.0.0.1", AssertionError),
        (f"{ENVIRONMENT}.RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH", None, AssertionError),
    ],
)
def test_a_broken_one_is_seen(name, path, value, fault):
    with pytest.raises(fault):
        check(changed(config_of(name), path, value))
