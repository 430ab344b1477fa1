"""Why a client's last connection was closed: told when it comes back."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.realtime.connection import Connection

KEPT_SECONDS = 120.0
MOST_KEPT = 10_000


class Farewells:
    """Remembers a sentence by connection id, which clients send back as `pid`, and by session."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str | UUID, tuple[float, str]] = OrderedDict()

    def remember(self, connection: Connection, sentence: str) -> None:
        """Keep the reason for two minutes."""
        until = self._clock.monotonic() + KEPT_SECONDS
        for key in _keys(connection.id, connection):
            self._kept[key] = (until, sentence)
            self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def take(self, pid: object, connection: Connection) -> str | None:
        """The reason, once, for the client that was `pid` or has the session."""
        if not self._kept:
            return None
        now = self._clock.monotonic()
        sentence = None
        for key in _keys(pid, connection):
            until, kept = self._kept.pop(key, (0.0, ""))
            if until > now:
                sentence = kept
        return sentence


def _keys(pid: object, connection: Connection) -> list[str | UUID]:
    session = connection.actor.session_id if connection.actor is not None else None
    keys: list[str | UUID] = [session] if session is not None else []
    return [*keys, pid] if isinstance(pid, str) else keys
