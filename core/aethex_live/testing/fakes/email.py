"""An e-mail provider in memory."""

from __future__ import annotations

import re

from aethex_live.ids import uuid7
from aethex_live.providers import Invalid
from aethex_live.providers.email import Email, MailCap

_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")


class FakeEmail:
    """Keeps what it should send in `sent`, oldest first."""

    name = "fake"
    capabilities = frozenset({MailCap.IDEMPOTENT})

    def __init__(self) -> None:
        self.sent: list[Email] = []
        self._ids: dict[str, str] = {}

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Take a message; the same key is one message."""
        lines = (
            message.to,
            message.subject,
            message.reply_to or "",
            *message.headers,
            *message.headers.values(),
        )
        if not _ADDRESS.fullmatch(message.to) or any("\n" in line or "\r" in line for line in lines):
            raise Invalid(f"{message.to!r} can't be written to.", provider=self.name, operation="send")
        if idempotency_key not in self._ids:
            self._ids[idempotency_key] = str(uuid7())
            self.sent.append(message)
        return self._ids[idempotency_key]

    async def aclose(self) -> None:
        """There is nothing to give back."""
