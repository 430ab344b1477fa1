"""What goes wrong on a socket: a broken protocol, an upgrade that is not taken, a refused request."""

from __future__ import annotations

from aethex_live.errors import AethexError, Forbidden


class ProtocolError(AethexError):
    """The peer broke a protocol: its connection, and nothing else, is closed with `code` (RFC 6455 7.4)."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class UpgradeRefused(AethexError):
    """A websocket upgrade is not taken; answered over HTTP with `status` and the headers in `headers`."""

    def __init__(self, status: int, sentence: str, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers


class Refused(Forbidden):
    """`identify`, `may_subscribe` or a handler says no; the sentence is for the person at the other end."""


class UndeclaredTopic(AethexError):
    """A topic was published whose class nobody declared: a mistake in the code that publishes."""
