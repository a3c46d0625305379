"""`efuda serve`."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    project: Annotated[Path, typer.Option(help="The project's directory.")] = Path(),
    bundle: Annotated[
        Path | None, typer.Option(help="Serve this bundle instead of a registered one.")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on (default: serve.host in params.yaml, 127.0.0.1)."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (default: serve.port, 8000).")
    ] = None,
    threads: Annotated[int, typer.Option(help="Threads of the encoder; 0 takes all cores.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tell the address as one JSON object.")
    ] = False,
) -> int:
    """Start the service on this machine."""
    from serving.launch import run_service

    return run_service(
        project=project, bundle=bundle, host=host, port=port, threads=threads, as_json=as_json
    )
