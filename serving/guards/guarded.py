"""The way in: every request passes here before anything else hears of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.guards.body_limit import Bodies, ClientLeftError, whole
from serving.guards.headers import without_orders
from serving.guards.origin import HostNames, check_host, check_origin
from serving.guards.request_errors import RequestError, defect

HEALTH = ("/healthz", "/readyz")
MAX_WORKING = 96
"""Requests that are worked on at once; fewer than the application takes, so that readiness
always finds a place."""
TURN_TIMEOUT_S = 60.0
READY_TIMEOUT_S = 10.0
PASSED = "efuda.guarded"
"""Set in the scope of a request that has been here; clients cannot set it."""

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

logger = logging.getLogger(__name__)


class Guarded:
    """ASGI middleware: refuses what no route should see, and hands on whole requests.

    It may stand in the proxy of Ray Serve and around the application as well; the second
    lets through what the first has seen.

    Args:
        app: What is guarded.
        hosts: The names that the service goes by; None takes requests for any name.
        is_alive: Answer `/healthz` here, whatever the application is doing.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: HostNames | None = None, is_alive: bool = False
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._is_alive = is_alive
        self._bodies = Bodies()
        self._turns = asyncio.Semaphore(MAX_WORKING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] != "http" or scope.get(PASSED):
            await self._app(scope, receive, send)
        else:
            answer = Answer(send)
            try:
                await self._handle({**without_orders(scope), PASSED: True}, receive, answer)
            except ClientLeftError:
                return
            except RequestError as problem:
                await answer.refuse(problem)
            except Exception:
                logger.exception("a request failed on its way in")
                await answer.refuse(defect())

    async def _handle(self, scope: Scope, receive: Receive, answer: "Answer") -> None:
        if self._hosts is not None:
            check_host(scope, self._hosts)
        check_origin(scope)
        if self._is_alive and (scope["method"], scope["path"]) == ("GET", HEALTH[0]):
            await answer.alive()
            return
        with self._bodies.hold() as holding:
            body = await self._bodies.take(holding, scope, receive)
            async with self._turn(scope["path"], answer):
                await self._app(scope, whole(body, receive), answer.send)

    @asynccontextmanager
    async def _turn(self, path: str, answer: "Answer") -> AsyncGenerator[None]:
        """Wait until not too many are worked on; over once the answer begins."""
        if path in HEALTH:
            try:
                async with asyncio.timeout(READY_TIMEOUT_S):
                    yield
            except TimeoutError:
                raise RequestError(
                    503, "not_ready", "The service does not answer in time.", "Ask again shortly."
                ) from None
            return
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await self._turns.acquire()
        except TimeoutError:
            hint = "Ask again later."
            raise RequestError(503, "overloaded", "Too many requests wait.", hint) from None
        answer.release = self._turns.release
        try:
            yield
        finally:
            answer.end_turn()


class Answer:
    """Sends one answer: with headers for browsers, and every problem in the one form.

    Ray Serve answers in plain text where the application could not be reached.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_begun = False
        self._is_replaced = False
        self.release = _nothing

    async def send(self, message: Message) -> None:
        """Pass on a part of the application's answer."""
        self.end_turn()
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), *SECURITY_HEADERS]
            if message["status"] >= 400 and not _is_json(headers):
                self._is_replaced = True
                await self._replace(message["status"])
                return
            self._is_begun = True
            message = {**message, "headers": headers}
        if not self._is_replaced:
            await self._send(message)

    def end_turn(self) -> None:
        """Let the next request be worked on; a client that reads slowly holds nobody up."""
        release, self.release = self.release, _nothing
        release()

    async def alive(self) -> None:
        """Say that the process answers."""
        await self._whole(200, b'{"status":"ok"}', {})

    async def refuse(self, problem: RequestError) -> None:
        """Answer with a problem, unless something has been sent already."""
        if not self._is_begun:
            await self._whole(problem.status, problem.body(), dict(problem.headers))

    async def _replace(self, status: int) -> None:
        told = RequestError(
            status, "unavailable", "The service could not answer.", "Ask again shortly."
        )
        if status == 500:
            told = defect()
        await self._whole(told.status, told.body(), {})

    async def _whole(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._is_begun = True
        facts = {"content-type": "application/json", "content-length": str(len(body)), **headers}
        encoded = [(name.encode(), value.encode()) for name, value in facts.items()]
        start = {"type": "http.response.start", "status": status}
        await self._send({**start, "headers": [*encoded, *SECURITY_HEADERS]})
        await self._send({"type": "http.response.body", "body": body})


def _is_json(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"application/json")
        for name, value in headers
    )


def _nothing() -> None:
    """What there is to release before a turn has begun."""
