"""Limits on connections: time for the headers, time to read an answer, and how many.

uvicorn, which takes the connections, has none of them.
"""

import asyncio
import resource
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving.guards.request_errors import RequestError

HEAD_TIMEOUT_S = 10.0
"""From the connection, or the end of the last request, to the end of the headers."""
READ_TIMEOUT_S = 30.0
"""How long a client may leave an answer unread."""
MAX_CONNECTIONS = 2000
MAX_HEAD_BYTES = 64 * 1024
FILES_FOR_OTHERS = 256
"""File handles that are left to the rest of the process."""


class BoundedConnection(HttpToolsProtocol):
    """One client's connection, which is closed when it takes too long."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_due: asyncio.TimerHandle | None = None
        self._read_due: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self.since = self.loop.time()
        if len(self.connections) > max_connections():
            make_room(self.connections)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_due is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_due is not None and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(RequestError(431, "headers_too_large", "The headers are over 64 kB."))
        elif self._is_between_requests() and not self.transport.is_closing():
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_due = self.loop.call_later(READ_TIMEOUT_S, self.transport.abort)

    def resume_writing(self) -> None:
        if self._read_due is not None:
            self._read_due.cancel()
            self._read_due = None
        super().resume_writing()

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        super().on_response_complete()

    @property
    def is_unasked(self) -> bool:
        """Whether no whole request has arrived that is still to be answered."""
        return self._is_answered() or self.cycle.more_body

    def send_400_response(self, msg: str) -> None:
        self._refuse(RequestError(400, "bad_request", msg, "Send HTTP/1.1."))

    def _should_upgrade_to_ws(self) -> bool:
        return False

    def _is_between_requests(self) -> bool:
        return self._is_answered() and self.timeout_keep_alive_task is None

    def _is_answered(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever its annotation says
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        # Not started anew by what arrives: it is the time for all of it.
        if self._head_due is None:
            self._head_bytes = 0
            self._head_due = self.loop.call_later(HEAD_TIMEOUT_S, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _head_is_late(self) -> None:
        if not self._is_answered():  # the answer to the request before would be garbled
            self.transport.abort()
            return
        told = f"The headers did not arrive within {HEAD_TIMEOUT_S:g} seconds."
        self._refuse(RequestError(408, "headers_stalled", told))

    def _refuse(self, problem: RequestError) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        body = problem.body()
        self.transport.write(
            STATUS_LINE[problem.status]
            + b"content-type: application/json\r\nconnection: close\r\n"
            + f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        self.transport.close()


def make_room(connections: Iterable[Any]) -> None:
    """Close the connection that has not brought a whole request for longest."""
    unasked = [each for each in connections if each.is_unasked]
    if unasked:
        min(unasked, key=lambda each: each.since).transport.abort()


def max_connections() -> int:
    """How many connections are kept open at once; the system may allow fewer files."""
    files, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files < 0 else min(MAX_CONNECTIONS, files - FILES_FOR_OTHERS)
