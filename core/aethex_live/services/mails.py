"""Mails that stay on this machine: the operator's page reads them here, whoever keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from aethex_live.services import ServiceKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A mail that was kept instead of sent.

    In a page of a list `text` is its beginning and `html` is None. `html` is source text of unknown origin:
    show it escaped, or in an iframe with `srcdoc` and an empty `sandbox`; never as part of a page.
    """

    id: UUID
    to: str
    subject: str
    created_at: datetime
    text: str = ""
    html: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class KeptMails(Protocol):
    """Reads kept mails."""

    async def page(self, *, before: UUID | None = None, limit: int = 50) -> Sequence[KeptMail]:
        """At most `limit` mails, newest first; `before` is the id of the last one of the page before."""
        ...

    async def get(self, mail_id: UUID) -> KeptMail | None:
        """One mail with its bodies, or None."""
        ...


KEPT_MAILS: ServiceKey[KeptMails] = ServiceKey(
    "kept_mails",
    KeptMails,  # type: ignore[type-abstract]  # a key names a Protocol, nobody makes one from it
)
