"""The Ray Serve application: the web routes in front of the encoder."""

from pathlib import Path
from typing import Any

from ray import serve
from ray.serve.handle import DeploymentHandle

from components.models.tagger import Tagger
from project.ray_session import keep_replica_local
from serving.encoder_deployment import EncoderDeployment, RemoteEncoder

MAX_ONGOING = 128


@serve.deployment(name="web", max_ongoing_requests=MAX_ONGOING)
@serve.ingress()  # pyright: ignore[reportUntypedClassDecorator] - Ray gives it no types
class WebDeployment:
    """Checks requests, asks the encoder, searches the index."""

    def __init__(
        self,
        bundle_directory: str,
        encoder: DeploymentHandle,
        tag_encoder: DeploymentHandle | None,
        originals: str | None = None,
    ) -> None:
        from components.bundle import load_bundle
        from serving.originals import Originals
        from serving.service import Service

        keep_replica_local()
        self._service = Service(
            load_bundle(Path(bundle_directory)),
            Originals(Path(originals)) if originals else None,
        )
        self._encoder = RemoteEncoder(encoder)
        self._tag_encoder = RemoteEncoder(tag_encoder) if tag_encoder else None

    def __serve_build_asgi_app__(self) -> Any:
        """The application that Serve hosts; called once in the replica."""
        from serving.app import create_app

        return create_app(self._service, self._encoder, self._tag_encoder)


def build_application(
    bundle_directory: Path, num_threads: int, originals: Path | None = None
) -> serve.Application:
    """The application for one bundle.

    Args:
        bundle_directory: Where the bundle lies on this machine.
        num_threads: Threads the encoder computes with.
        originals: Root of the pictures' own files, if they may be downloaded.
    """
    directory = str(bundle_directory.absolute())
    # No cores are reserved: one service on one machine shares what there is.
    shared: dict[str, Any] = {"ray_actor_options": {"num_cpus": 0}}
    encoder = EncoderDeployment.options(**shared).bind(directory, num_threads)
    tag_encoder = None
    if Tagger.load(bundle_directory / "tagger").trained_encoder is not None:
        own = EncoderDeployment.options(name="tag_encoder", **shared)
        tag_encoder = own.bind(directory, num_threads, for_tags=True)
    return WebDeployment.options(**shared).bind(
        directory, encoder, tag_encoder, str(originals) if originals else None
    )
