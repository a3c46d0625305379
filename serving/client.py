"""Asks a running service over HTTP."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import httpx

from components.errors import InputError

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_S = 60.0

File = str | PathLike[str]


class Client:
    """A connection to one running service.

    Raises:
        InputError: From every method, if no service answers or it refuses the
            request; the message is the service's own.

    Example:
        >>> import efuda
        >>> with efuda.Client(url) as client:  # by default http://127.0.0.1:8000
        ...     tags = client.tag("blue.png", top_k=1)["tags"]
        ...     found = client.search(text="something blue", k=2, without=["red"])
        >>> tags[0]["label"], tags[0]["present"]
        ('blue', True)
        >>> [result["tags"][0]["label"] for result in found["results"]]
        ['blue', 'blue']
    """

    def __init__(self, url: str = DEFAULT_URL) -> None:
        self._url = url.rstrip("/")
        # A proxy set for the outside world must not see requests to this machine.
        self._http = httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def tag(self, image: File, *, top_k: int = 10, evidence: bool = False) -> dict[str, Any]:
        """Tags of a picture."""
        parameters = {"top_k": top_k, "evidence": evidence}
        files = {"image": _named(image)}
        return self._ask("POST", "/v1/tag", params=parameters, files=files)

    def search(
        self,
        *,
        text: str | None = None,
        image: File | None = None,
        sketch: File | None = None,
        k: int = 24,
        tags: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Pictures like a text, a picture or a sketch; give one of the three."""
        query = {"k": k, "tags": list(tags), "without": list(without)}
        if text is not None and image is None and sketch is None:
            return self._ask("POST", "/v1/search", json={"text": text, **query})
        pictures = {"image": image, "sketch": sketch}
        files = {name: _named(path) for name, path in pictures.items() if path}
        data = query if text is None else {"text": text, **query}
        return self._ask("POST", "/v1/search", data=data, files=files)

    def model(self) -> dict[str, Any]:
        """What is being served."""
        return self._ask("GET", "/v1/model")

    def _ask(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, self._url + path, **parts)
        except (httpx.TransportError, httpx.InvalidURL) as fault:
            raise InputError(
                f"No service answers at {self._url} ({fault}). "
                "Start one with `efuda serve`, or give its address with --url."
            ) from None
        try:
            body = response.json()
        except ValueError:
            raise InputError(
                f"What answers at {self._url} is not Efuda (status {response.status_code})."
            ) from None
        if response.is_error:
            raise InputError(_refusal(response.status_code, body))
        return body


def _refusal(status: int, body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return f"The service refused the request (status {status}): {body}"
    return f"{error.get('message', '')} {error.get('hint', '')}".strip()


def _named(file: File) -> tuple[str, bytes]:
    """Name and bytes of a file, as an upload wants them."""
    path = Path(file)
    try:
        return path.name, path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror or fault}.") from None
