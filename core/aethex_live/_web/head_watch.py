"""uvicorn's HTTP protocol with patience for the head of a request, but not for ever."""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from typing import ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# uvicorn itself waits for ever for the rest of a head, and each connection that never sends one is a file taken
HEAD_SECONDS: Final = 20.0


class HeadWatch(HttpToolsProtocol):
    """Closes a connection on which no head of a request came for `head_seconds` while none was being answered.

    One timer a connection that looks now and then, not one a request; `heads` counts those that came.
    """

    head_seconds: ClassVar[float] = HEAD_SECONDS
    heads = 0
    due: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """A client is here."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names a Transport
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self.due is not None:
            self.due.cancel()
            self.due = None
        super().connection_lost(exc)

    def _wait(self) -> None:
        self.due = self.loop.call_later(self.head_seconds, self._look, self.heads)

    def _look(self, heads: int) -> None:
        self.due = None
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # gone, or a websocket by now
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.heads == heads:
            self.transport.close()
        else:
            self._wait()
