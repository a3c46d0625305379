"""The application as Ray Serve's own commands start it: `serve deploy`, `serve run`, KubeRay."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from ray import serve

from components.bundle import load_bundle
from serving.deployments import build_application


class ServedBundle(BaseModel):
    """What a Serve configuration says under ``args``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: Path
    """Where the bundle lies on every node that serves."""
    threads: int = Field(default=1, ge=1)
    """Threads of the encoder."""


def application(given: ServedBundle) -> serve.Application:
    """The application for one bundle.

    Raises:
        InputError: If the bundle is not there, or cannot be read.
    """
    load_bundle(given.bundle)
    return build_application(given.bundle, given.threads)
