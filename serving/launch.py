"""Starts the service on this machine and stops it cleanly."""

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from components.errors import InputError
from project.layout import Layout
from project.ray_session import num_cores
from project.registry import open_registry
from project.settings import ServeSettings, Settings, load_settings
from serving.address import LOCAL_HOSTS, Address, free_address
from serving.ray_service import running, say
from serving.release import Release, released_bundle


def run_service(
    *,
    project: Path,
    bundle: Path | None,
    host: str | None,
    port: int | None,
    threads: int,
    as_json: bool,
) -> int:
    """Serve until SIGINT or SIGTERM; the exit status is returned.

    Args:
        project: The project's directory; not looked at where ``bundle`` is given.
        bundle: Serve this bundle instead of the one that the project registered.
        host: Address to listen on; None takes that of the project's settings.
        port: Port to listen on, likewise.
        threads: Threads of the encoder; 0 takes all cores.
        as_json: Tell the address as one JSON object on standard output.

    Raises:
        InputError: If there is nothing to serve, or the address cannot be used.
    """
    if bundle is not None:
        address = free_address(ServeSettings(), host, port)
        release = Release(bundle, str(bundle))
    else:
        layout = Layout(project)
        settings = project_settings(layout)
        address = free_address(settings.serve, host, port)
        release = released_bundle(open_registry(settings, layout))
        if settings.serve.originals:
            release = replace(release, originals=layout.root.absolute())
    from components.bundle import load_bundle

    # Faults of the bundle are told here, not in the log of a worker.
    version = load_bundle(release.directory).version
    _serve(release, version, address, threads or num_cores(), as_json=as_json)
    return 0


def project_settings(layout: Layout) -> Settings:
    """The settings of the project to serve.

    Raises:
        InputError: If there is no project, or its params.yaml has faults.
    """
    if not layout.params.exists():
        raise InputError(
            f"There is no params.yaml in {layout.root.absolute()}, so this is not an Efuda "
            "project; give the project's directory with --project, or a bundle with --bundle."
        )
    return load_settings(layout.params)


def _serve(
    release: Release, version: str, address: Address, num_threads: int, *, as_json: bool
) -> None:
    stopped = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopped.set()

    # Ray writes to standard output as it likes; what programs read is this one line.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    say(f"starting Ray Serve for {release.title} …")
    with running(release.directory, address, num_threads=num_threads, originals=release.originals):
        # After the start: Ray puts handlers of its own in place, which end in a core dump.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if address.host not in LOCAL_HOSTS:
            say(
                f"warning: {address.host} can be reached from other machines, and there is no "
                "password."
            )
        facts = {"url": address.url, "model": release.title, "version": version}
        ready = f"Efuda is ready at {address.url} (bundle {version}); stop it with Ctrl+C."
        print(json.dumps(facts) if as_json else ready, file=answers, flush=True)
        while not stopped.wait(0.5):
            pass
        say("stopping …")
