"""For what is the same for everybody: kept in memory for a moment, whole answers in front of Quart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, cast

from quart import has_request_context, request

from aethex_live.web.request import platform

T = TypeVar("T")
KEEP: Final = "aethex.keep"
"""The entry of the ASGI scope that says for how many seconds."""


def same_for_all(seconds: float = 1.0) -> None:
    """Say in a view that its answer holds no trace of who asked: others get it for `seconds` from memory.

    Only 200s to GET without a query are kept; any event of the log, and any request of this process that may change
    something, drops them all. Such an answer costs about a twentieth of a request.
    """
    scope = cast("dict[str, object]", request.scope)  # Quart has it as hypercorn's closed dictionary
    scope[KEEP] = seconds


async def remember(key: tuple[object, ...], make: Callable[[], Awaitable[T]]) -> T:
    """What `make` gives, for a page: read once a second for all who look, and anew after every change.

    Only for what holds no trace of who asks; nobody may change what it returns. `key` begins with the plugin's name.
    While a form is answered, and outside of requests, it is always made anew.
    """
    if not has_request_context() or request.method not in ("GET", "HEAD"):
        return await make()
    return await platform().front.remember(key, make)
