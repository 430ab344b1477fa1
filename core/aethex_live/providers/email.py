"""Contract of an e-mail provider: sends one message, at most once per idempotency key where it can."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class MailCap(enum.StrEnum):
    """What an e-mail provider can do."""

    IDEMPOTENT = "idempotent"
    KEPT = "kept"  # mails stay on this machine and are shown to the operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One message to one address."""

    to: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class EmailProvider(Protocol):
    """Sends mail."""

    name: str
    capabilities: frozenset[MailCap]

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Hand the message over; returns the provider's id of it. Raises Invalid for a malformed address."""
        ...

    async def aclose(self) -> None:
        """Give connections back; called once, at the end."""
        ...
