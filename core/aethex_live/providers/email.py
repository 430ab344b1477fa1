"""Contract of an e-mail provider: sends one message, at most once per idempotency key where it can."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class MailCap(enum.StrEnum):
    """What an e-mail provider can do."""

    IDEMPOTENT = "idempotent"
    KEPT = "kept"  # mails stay on this machine and are shown to the operator
    BATCH = "batch"  # keeps `Batching`
    TAGS = "tags"  # what `Email.tags` says comes back in events
    EVENTS = "events"  # keeps `Receiving`: deliveries, bounces, complaints


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """One message to one address. `headers` may be List-Unsubscribe and such; `tags` are ids of ours, short words."""

    to: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


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


@runtime_checkable
class Batching(Protocol):
    """BATCH: many messages in one call."""

    async def send_many(self, messages: Sequence[Email], *, idempotency_key: str) -> Sequence[str]:
        """Hand over at most 100 messages, all or none of them; returns their ids in the same order."""
        ...
