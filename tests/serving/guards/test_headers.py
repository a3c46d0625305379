import pytest

from serving.guards.headers import without_orders
from tests.serving.guards.asgi import scope_of


@pytest.mark.parametrize(
    ("value", "stays"),
    [
        (b"d8e3c14c-9c2c-4a20-b1b5", True),
        (b"caf\xc3\xa9\xff", False),
        (b"a\nb", False),
        (b"", False),
        (b"x" * 10_000, False),
    ],
)
def test_an_id_that_is_not_fit_for_a_log_is_dropped(value, stays):
    scope = without_orders(scope_of(headers=[(b"x-request-id", value), (b"accept", b"*/*")]))
    assert scope["headers"][-1] == (b"accept", b"*/*")
    assert ((b"x-request-id", value) in scope["headers"]) is stays


@pytest.mark.parametrize(
    "name",
    [
        b"x-request-timeout-seconds",
        b"x-request-disconnect-disabled",
        b"serve_multiplexed_model_id",
        b"serve-multiplexed-model-id",
        b"x-session-id",
        b"x_session_id",
        b"x-serve-router-a",
        b"traceparent",
        b"caf\xe9",
    ],
)
def test_clients_do_not_steer_ray_serve(name):
    assert without_orders(scope_of(headers=[(name, b"\xff")]))["headers"] == []
