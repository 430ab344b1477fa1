"""What goes wrong on a socket: a broken protocol, an upgrade that is not taken, a refused request."""

from __future__ import annotations

from aethex_live.errors import AethexError, Forbidden

# the codes of Engine.IO's refusals
UNKNOWN_TRANSPORT = 0
UNKNOWN_SID = 1
BAD_METHOD = 2
BAD_REQUEST = 3
FORBIDDEN = 4
UNSUPPORTED_VERSION = 5


class ProtocolError(AethexError):
    """The peer broke a protocol: its connection, and nothing else, is closed with `code` (RFC 6455 7.4)."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class UpgradeRefused(AethexError):
    """A session or an upgrade is not taken; answered over HTTP with `status` and the headers in `headers`.

    `code` is Engine.IO's own number for it, by which clients of the standard library know the case.
    """

    def __init__(
        self, status: int, sentence: str, *, headers: tuple[tuple[str, str], ...] = (), code: int = BAD_REQUEST
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.headers = headers


class NoAnswer(AethexError):
    """A client did not acknowledge what it was asked: it went, or took too long."""


class Refused(Forbidden):
    """`identify`, `may_subscribe` or a handler says no; the sentence is for the person at the other end."""


class UndeclaredTopic(AethexError):
    """A topic was published whose class nobody declared: a mistake in the code that publishes."""
