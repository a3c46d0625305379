"""Ray's job service: the one place that talks to it."""

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import InputError

DEFAULT_ADDRESS = "http://127.0.0.1:8265"
ADDRESS_VARIABLES = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")
POLL_S = 0.5
TALKATIVE = (
    "ray.dashboard.modules.job.sdk",
    "ray.dashboard.modules.dashboard_sdk",
    "ray._private.runtime_env.packaging",
)
FAULT = 1
_URL = re.compile(r"https?://[^/\s]+/?")


@dataclass(frozen=True, slots=True)
class EndedJob:
    """How a job ended.

    ``status`` is Ray's word for it; ``exit_status`` that of its command, or 1 where the command
    did not come to one: it was stopped, or never started.
    """

    status: str
    exit_status: int
    message: str
    log: str


def job_address(given: str | None) -> str:
    """The address of the job service: as given, else of the environment, else of this machine.

    Raises:
        InputError: If it is not the address of a web service.
    """
    named = [os.environ.get(name, "").strip() for name in ADDRESS_VARIABLES]
    address = given or next((each for each in named if _URL.fullmatch(each)), DEFAULT_ADDRESS)
    if not _URL.fullmatch(address):
        raise InputError(
            f"The address of a cluster is that of its dashboard, such as http://head:8265, "
            f"got {address!r}."
        )
    return address.rstrip("/")


class Jobs:
    """The jobs of one cluster."""

    def __init__(self, address: str):
        """Connect to it.

        Raises:
            InputError: If nothing there answers as Ray does, or a token is asked for.
        """
        from ray.job_submission import JobSubmissionClient

        # It tells of packages and sockets.
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.address = address
        with self._explained():
            self._client = JobSubmissionClient(address)
            self._client.get_version()

    def start(self, command: str, name: str, files: Path | None = None, num_gpus: int = 0) -> str:
        """Start a shell command as a job and hand back its id.

        Args:
            command: Runs on the head node, or with ``num_gpus`` on a node that has them.
            name: Of the job; unique on the cluster.
            files: A directory that becomes the command's working directory, as a copy.
            num_gpus: GPUs that the command takes for itself.
        """
        runtime_env = {} if files is None else {"working_dir": str(files)}
        with self._explained():
            return self._client.submit_job(
                entrypoint=command,
                submission_id=name,
                runtime_env=runtime_env,
                entrypoint_num_gpus=num_gpus or None,
            )

    def follow(self, job: str, tell: Callable[[str], object] = lambda _: None) -> EndedJob:
        """Wait for the end of a job and hand every new piece of its output to ``tell``."""
        told = ""
        while not self._has_ended(job):
            for text in self._more_output(job, told):
                tell(text)
                told += text
            time.sleep(POLL_S)
        with self._explained():
            info = self._client.get_job_info(job)
            rest = self._client.get_job_logs(job)[len(told) :]
        tell(rest)
        told += rest
        status = str(info.status)
        code = info.driver_exit_code
        if status == "SUCCEEDED":
            code = 0
        message = "" if code == 0 else str(info.message or "").strip()
        return EndedJob(status, FAULT if code is None or code < 0 else code, message, told)

    def _has_ended(self, job: str) -> bool:
        with self._explained():
            return self._client.get_job_status(job).is_terminal()

    def _more_output(self, job: str, told: str) -> Iterator[str]:
        """What the job has written since; ends when the job does, or the connection."""
        import aiohttp

        skip = len(told)
        pieces = self._client.tail_job_logs(job)
        # A runner ends the connection properly after Ctrl+C too.
        with asyncio.Runner() as runner:
            while True:
                try:
                    piece = runner.run(_next_of(pieces))
                except (StopAsyncIteration, RuntimeError, OSError, aiohttp.ClientError):
                    return
                # Each connection tells everything from the beginning.
                if len(piece) > skip:
                    yield piece[skip:]
                skip = max(0, skip - len(piece))

    @contextmanager
    def _explained(self) -> Generator[None]:
        """Say in one sentence what is wrong with the connection."""
        import requests
        from ray.exceptions import AuthenticationError

        try:
            yield
        except AuthenticationError:
            raise InputError(
                f"The cluster at {self.address} asks for a token; set RAY_AUTH_MODE=token and "
                "RAY_AUTH_TOKEN_PATH to a file that holds it."
            ) from None
        except (ConnectionError, requests.exceptions.RequestException, KeyError) as fault:
            raise InputError(
                f"No Ray cluster answers at {self.address} ({type(fault).__name__}); give the "
                "address of its dashboard with --address, or start one with `ray start --head`."
            ) from None
        except RuntimeError as fault:
            raise InputError(f"The cluster at {self.address} refuses: {_first(fault)}") from None


def say(text: str) -> None:
    """Pass on what a job writes."""
    print(text, end="", file=sys.stderr, flush=True)


async def _next_of(pieces: AsyncIterator[str]) -> str:
    return await anext(pieces)


def _first(fault: Any) -> str:
    return str(fault).strip().split("\n")[0]
