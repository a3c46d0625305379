import asyncio
import json

import pytest
from starlette.types import Receive, Scope, Send

from serving.guards import guarded as module
from serving.guards.guarded import MAX_WORKING, Guarded
from serving.guards.origin import HostNames
from tests.serving.guards.asgi import Reply, ask, echo, part, scope_of


def error(reply: Reply) -> dict:
    assert reply.headers[b"content-type"] == b"application/json"
    assert reply.headers[b"x-content-type-options"] == b"nosniff"
    told = json.loads(reply.body)["error"]
    assert set(told) == {"code", "message", "hint"}
    return told


def test_a_body_arrives_whole_and_once():
    reply = asyncio.run(
        ask(Guarded(echo), scope_of(), part(b"a", more=True), part(b"b", more=False))
    )
    assert (reply.status, reply.body) == (200, b"ab")


def test_stalled_bodies_take_no_place_and_health_is_told_apart_from_work():
    """The application has few places; a body that trickles must not occupy one."""

    async def attack() -> None:
        guarded = Guarded(echo, is_alive=True)
        stalled = [
            asyncio.create_task(ask(guarded, scope_of(), part(b"x", more=True)))
            for _ in range(3 * MAX_WORKING)
        ]
        await asyncio.sleep(0)
        assert (await ask(guarded, scope_of(), part(b"x", more=False))).body == b"x"
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)

    asyncio.run(attack())


def test_health_and_readiness_find_a_place_while_all_others_are_taken(monkeypatch):
    monkeypatch.setattr(module, "TURN_TIMEOUT_S", 0.05)
    monkeypatch.setattr(module, "READY_TIMEOUT_S", 0.05)
    asked: list[str] = []

    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await asyncio.Future()

    async def attack() -> None:
        guarded = Guarded(busy, is_alive=True)
        working = [asyncio.create_task(ask(guarded, scope_of())) for _ in range(MAX_WORKING)]
        while len(asked) < MAX_WORKING:
            await asyncio.sleep(0)
        alive = await ask(guarded, scope_of("/healthz", "GET"))
        assert (alive.status, json.loads(alive.body)) == (200, {"status": "ok"})
        assert error(await ask(guarded, scope_of()))["code"] == "overloaded"
        not_ready = await ask(guarded, scope_of("/readyz", "GET"))
        assert (not_ready.status, asked[-1]) == (503, "/readyz")
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        asked.clear()

    asyncio.run(attack())


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_problem_in_plain_text_gets_the_one_form(status):
    async def plain(_scope: Scope, _receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": b"a trace", "more_body": True})
        await send({"type": "http.response.body", "body": b"back"})

    reply = asyncio.run(ask(Guarded(plain), scope_of()))
    assert reply.status == status
    assert "trace" not in str(error(reply))


def test_a_fault_behind_it_is_a_defect_in_the_one_form():
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("with a secret in it")

    reply = asyncio.run(ask(Guarded(broken), scope_of()))
    assert error(reply)["code"] == "defect"
    assert b"secret" not in reply.body


def test_what_has_passed_once_is_not_checked_again():
    inner = Guarded(echo, hosts=HostNames(frozenset({"inside"})))
    named = [(b"host", b"outside")]
    assert asyncio.run(ask(inner, scope_of(headers=named))).status == 421
    outer = Guarded(inner, hosts=HostNames(frozenset({"outside"})))
    assert asyncio.run(ask(outer, scope_of(headers=named))).status == 200


def test_a_client_that_leaves_is_not_answered():
    async def leave() -> list:
        sent: list = []

        async def receive() -> dict:
            return {"type": "http.disconnect"}

        async def send(message) -> None:
            sent.append(message)

        await Guarded(echo)(scope_of(), receive, send)
        return sent

    assert asyncio.run(leave()) == []


def test_web_sockets_are_closed():
    async def open_one() -> list:
        sent: list = []

        async def send(message) -> None:
            sent.append(message)

        await Guarded(echo)({"type": "websocket"}, asyncio.Future, send)
        return sent

    assert asyncio.run(open_one()) == [{"type": "websocket.close"}]
