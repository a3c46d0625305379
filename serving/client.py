"""Asks a running service: ``efuda query tag IMAGE`` and ``efuda query search``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from components.errors import InputError

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_S = 60.0
ADDRESS_HELP = f"address of the service ({DEFAULT_URL})"


class Client:
    """A connection to one service.

    Raises:
        InputError: From every method, if no service answers or it refuses the
            request; the message is the service's own.
    """

    def __init__(self, url: str = DEFAULT_URL) -> None:
        self._url = url.rstrip("/")
        # A proxy set for the outside world must not see requests to this machine.
        self._http = httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def tag(self, image: Path, *, top_k: int = 10, evidence: bool = False) -> dict[str, Any]:
        """Tags of a picture."""
        parameters = {"top_k": top_k, "evidence": evidence}
        files = {"image": (image.name, _read(image))}
        return self._ask("POST", "/v1/tag", params=parameters, files=files)

    def search(
        self,
        *,
        text: str | None = None,
        image: Path | None = None,
        sketch: Path | None = None,
        k: int = 24,
        tags: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Pictures like a text, a picture or a sketch; give one of the three."""
        query = {"k": k, "tags": list(tags), "without": list(without)}
        if text is not None and image is None and sketch is None:
            return self._ask("POST", "/v1/search", json={"text": text, **query})
        pictures = {"image": image, "sketch": sketch}
        files = {name: (path.name, _read(path)) for name, path in pictures.items() if path}
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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {fault.strerror or fault}.") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print the answer and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        with Client(options.url) as client:
            answer = _answer(client, options)
    except InputError as fault:
        if options.json:
            print(json.dumps({"error": str(fault)}, ensure_ascii=False))
        print(f"efuda query: {fault}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join(_tag_lines(answer) if "tags" in answer else _result_lines(answer)))
    return 0


def _answer(client: Client, options: argparse.Namespace) -> dict[str, Any]:
    if options.question == "tag":
        return client.tag(options.image, top_k=options.top_k, evidence=options.evidence)
    return client.search(
        text=options.text,
        image=options.image,
        sketch=options.sketch,
        k=options.k,
        tags=options.tags,
        without=options.without,
    )


def _tag_lines(answer: dict[str, Any]) -> list[str]:
    return [
        f"{'*' if tag['present'] else ' '} {tag['probability']:6.3f} "
        f"(from {tag['threshold']:.3f})  {tag['label']}"
        for tag in answer["tags"]
    ]


def _result_lines(answer: dict[str, Any]) -> list[str]:
    if not answer["results"]:
        return ["no picture passes the filters"]
    return [
        f"{result['score']:7.4f}  {result['id']}  "
        f"[{', '.join(tag['label'] for tag in result['tags'])}]"
        for result in answer["results"]
    ]


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--url", default=DEFAULT_URL, help=ADDRESS_HELP)
    shared.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    parser = argparse.ArgumentParser(prog="efuda query", description=__doc__)
    questions = parser.add_subparsers(dest="question", required=True)
    tag = questions.add_parser("tag", parents=[shared], help="tags of a picture")
    tag.add_argument("image", type=Path)
    tag.add_argument("--top-k", type=int, default=10, help="how many tags at least")
    tag.add_argument("--evidence", action="store_true", help="where each tag is seen (with --json)")
    search = questions.add_parser("search", parents=[shared], help="pictures like a query")
    query = search.add_mutually_exclusive_group(required=True)
    query.add_argument("--text", help="words to search by")
    query.add_argument("--image", type=Path, help="a photograph")
    query.add_argument("--sketch", type=Path, help="a drawing, dark lines on white")
    search.add_argument("-k", type=int, default=24, help="how many pictures")
    search.add_argument("--tags", action="append", default=[], help="a tag that must be there")
    search.add_argument("--without", action="append", default=[], help="a tag that must not be")
    return parser


if __name__ == "__main__":
    sys.exit(main())
