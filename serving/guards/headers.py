"""Headers that Ray Serve would act on, and that are not for clients to send."""

import re

from starlette.types import Scope

REQUEST_ID = b"x-request-id"
FIT_FOR_LOGS = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
# Serve reads these as text without looking (a byte over 127 is a 500), with - or _ alike, and
# some of them lift its time limits.
STEERS_SERVE = re.compile(rb"(serve-|x-serve-|x-session-id$|x-request-(?!id$)|traceparent$)")


def without_orders(scope: Scope) -> Scope:
    """The request without headers that steer Ray Serve; its id stays if it is fit for a log."""
    kept = [(name, value) for name, value in scope["headers"] if _is_for_us(name, value)]
    return {**scope, "headers": kept}


def _is_for_us(name: bytes, value: bytes) -> bool:
    if name == REQUEST_ID:
        return FIT_FOR_LOGS.fullmatch(value) is not None
    return name.isascii() and not STEERS_SERVE.match(name.replace(b"_", b"-"))
