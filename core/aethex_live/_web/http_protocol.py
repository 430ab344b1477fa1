"""uvicorn's HTTP protocol, with a short way for answers that are ready: written at once, without a task."""

from __future__ import annotations

from asyncio import Event
from collections.abc import Callable
from secrets import token_hex
from types import SimpleNamespace
from typing import Any, Final

from aethex_live._web.head_watch import HEAD_SECONDS, HeadWatch
from aethex_live.hookspecs.web import Ready

Find = Callable[[str], Ready | None]
"""The answer to GET of a path, where it lies in memory."""
Count = Callable[[str, int, float], None]
"""Told the method, the status and the seconds of an answer."""

# with one of these, a request is more than "give me this path"
ASKING: Final = frozenset(
    {b"authorization", b"if-none-match", b"range", b"expect", b"content-length", b"transfer-encoding", b"upgrade"}
)


def http_protocol(find: Find, count: Count, patience: float = HEAD_SECONDS) -> type[HeadWatch]:
    """The protocol class for uvicorn. What `find` does not have goes the whole way through the app.

    It uses attributes of uvicorn's protocol, which is pinned; tests/core/web/test_http_protocol.py compares the answers
    of both ways.
    """

    class ShortWay(HeadWatch):
        head_seconds = patience

        def on_headers_complete(self) -> None:
            self.heads += 1
            ready = self._ready()
            if ready is None:
                super().on_headers_complete()
                return
            self.cycle = _over()
            number = b"x-request-id: " + token_hex(8).encode() + b"\r\n\r\n"
            fields = [b"%b: %b\r\n" % field for field in self.server_state.default_headers]
            self.transport.writelines([ready.head, *fields, number, ready.body])
            count("GET", 200, 0.0)
            self.on_response_complete()

        def _ready(self) -> Ready | None:
            """The answer, when nothing stands before it and nothing else is asked."""
            if self.parser.get_method() != b"GET" or b"?" in self.url or b"%" in self.url or self.flow.write_paused:
                return None
            if self.cycle is not None and not self.cycle.response_complete:
                return None
            if self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive():
                return None
            if any(name in ASKING for name, _ in self.headers):
                return None
            return find(self.url.decode("latin-1"))

    return ShortWay


def _over() -> Any:
    """Stands for uvicorn's cycle of a request that was answered: nothing of it is left to do."""
    return SimpleNamespace(response_complete=True, message_event=Event(), keep_alive=True, disconnected=False)
