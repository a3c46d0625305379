"""A model hub on this machine: one repository, its files, and faults on demand."""

import hashlib
import re
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """What it serves, what was asked of it, and how it is to fail."""

    repository: str
    files: dict[str, bytes]
    endpoint: str = ""
    asked: list[str] = field(default_factory=list)
    """Method, file and range of each request."""
    cut_after: int | None = None
    """Close the connection after so many bytes of the next file, once."""
    served: Mapping[str, bytes] = field(default_factory=dict)
    """Bytes that come in the place of a file's, though its headers say otherwise."""


@contextmanager
def fake_hub(hub: FakeHub, port: int = 0) -> Generator[FakeHub]:
    """Serve it on the loopback address while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(hub))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            found = re.fullmatch(rf"/{hub.repository}/resolve/(main|{COMMIT})/([^/]+)", self.path)
            span = self.headers.get("Range")
            name = found[2] if found else self.path
            hub.asked.append(" ".join(filter(None, (self.command, name, span))))
            if found is None or name not in hub.files:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound" if found else "RepoNotFound")
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = hub.served.get(name, hub.files[name]) if with_body else hub.files[name]
            start = int(re.findall(r"bytes=(\d+)-", span)[0]) if span else 0
            self.send_response(206 if span else 200)
            self.send_header("ETag", f'"{hashlib.sha256(hub.files[name]).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(body) - start))
            if span:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.end_headers()
            if with_body:
                self._send(body[start:])

        def _send(self, body: bytes) -> None:
            cut, hub.cut_after = hub.cut_after, None
            self.wfile.write(body[:cut])
            if cut is not None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep quiet."""

    return Handler
