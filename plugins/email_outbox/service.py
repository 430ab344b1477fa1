"""The e-mail provider "outbox", and how the operator's page reads what it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.ids import uuid7
from aethex_live.providers.email import Email, MailCap
from aethex_live.providers.mail_rules import check_key, check_mail, sendable
from aethex_live.services.mails import KeptMail

from .models import Mail

PROVIDER = "outbox"
MOST_A_PAGE = 200
# rows deleted in one statement, so that a long-forgotten outbox never holds a lock for seconds
_BATCH = 1000
_PAGE = """
select id, "to", subject, created_at, left(text, 200) as text from email_outbox_mail
where $1::uuid is null or id < $1 order by id desc limit $2
"""
_TIDY = """
delete from email_outbox_mail where id in (select id from email_outbox_mail where created_at < $1 limit $2)
"""


class Outbox:
    """Keeps mails instead of sending them."""

    name = PROVIDER
    capabilities = frozenset({MailCap.KEPT, MailCap.IDEMPOTENT})

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Keep the mail; a second one with the same key is the first. Returns its id. Raises Invalid."""
        check_mail(message, PROVIDER)
        check_key(idempotency_key, PROVIDER)
        mail = Mail(
            id=uuid7(),
            to=message.to,
            subject=message.subject,
            text=sendable(message.text),
            html=sendable(message.html) if message.html is not None else None,
            reply_to=message.reply_to,
            headers=dict(message.headers),
            idempotency_key=idempotency_key,
            created_at=self._clock.now(),
        )
        await Mail.bulk_create([mail], ignore_conflicts=True)
        return str((await Mail.get(idempotency_key=idempotency_key)).id)

    async def aclose(self) -> None:
        """There is nothing to give back."""


class Mails:
    """Reads and tidies what the outbox keeps; the service KEPT_MAILS."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def page(self, *, before: UUID | None = None, limit: int = 50) -> Sequence[KeptMail]:
        """At most `limit` mails with the beginning of their text, newest first."""
        limit = max(1, min(limit, MOST_A_PAGE))
        return [KeptMail(**row) for row in await self._db.fetch(_PAGE, [before, limit])]

    async def get(self, mail_id: UUID) -> KeptMail | None:
        """One mail with its bodies, or None."""
        row = await Mail.get_or_none(id=mail_id)
        if row is None:
            return None
        return KeptMail(
            id=row.id,
            to=row.to,
            subject=row.subject,
            created_at=row.created_at,
            text=row.text,
            html=row.html,
            reply_to=row.reply_to,
            headers=row.headers,
        )

    async def tidy(self, keep: timedelta) -> int:
        """Delete mails that are older than `keep`; returns how many."""
        before, count = self._clock.now() - keep, 0
        while deleted := await self._db.execute(_TIDY, [before, _BATCH]):
            count += deleted
        return count
