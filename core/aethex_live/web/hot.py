"""For views whose answer is the same for everybody: it is kept in memory for a moment, in front of Quart."""

from __future__ import annotations

from typing import Final, cast

from quart import request

KEEP: Final = "aethex.keep"
"""The entry of the ASGI scope that says for how many seconds."""


def same_for_all(seconds: float = 1.0) -> None:
    """Say in a view that its answer holds no trace of who asked: others get it for `seconds` from memory.

    Only 200s to GET without a query are kept; any event of the log, and any request of this process that may change
    something, drops them all. Such an answer costs about a twentieth of a request.
    """
    scope = cast("dict[str, object]", request.scope)  # Quart has it as hypercorn's closed dictionary
    scope[KEEP] = seconds
