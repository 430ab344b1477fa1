"""E-mail providers with where their mails arrive: the outbox, a mail server, twins of Resend and SendGrid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from mail_servers import Mailbox, server
from swap_kit import Stand

from aethex_live.providers.email import Email
from aethex_live.providers.webhooks import WebhookRequest
from aethex_live.testing.fakes import FakeEmail
from aethex_plugins.email_outbox.models import Mail
from mail_twins import ResendTwin, SendgridTwin

FROM = {"from_address": "hello@example.org", "from_name": "AeThex"}


class Kept:
    """What the outbox keeps."""

    async def arrived(self) -> Sequence[Email]:
        return [
            Email(to=row.to, subject=row.subject, text=row.text, html=row.html, headers=row.headers)
            for row in await Mail.all().order_by("id")
        ]


class InMemory:
    """What the provider in memory has sent."""

    def __init__(self, fake: FakeEmail) -> None:
        self.fake = fake

    async def arrived(self) -> Sequence[Email]:
        return list(self.fake.sent)

    def tell(self, kind: str, mail_id: str, *, age: timedelta = timedelta(0)) -> WebhookRequest:
        return self.fake.tell(kind, mail_id, age=age)


@asynccontextmanager
async def mail_stands() -> AsyncIterator[list[Stand]]:
    """Those that a site can choose, with their servers running."""
    resend, sendgrid, mailbox = ResendTwin(), SendgridTwin(), Mailbox()
    async with resend.open(), sendgrid.open(), server(mailbox) as port:
        plain: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none"}
        yield [
            Stand("outbox", "email_outbox", hands=Kept()),
            Stand("smtp", "email_smtp", FROM | plain, mailbox),
            Stand(
                "resend",
                "email_resend",
                FROM | {"api_key": resend.key, "base_url": resend.url, "webhook_secrets": [resend.secret]},
                resend,
            ),
            Stand(
                "sendgrid",
                "email_sendgrid",
                FROM | {"api_key": sendgrid.key, "base_url": sendgrid.url, "verification_keys": [sendgrid.public_key]},
                sendgrid,
            ),
        ]
        assert [call.errors for twin in (resend, sendgrid) for call in twin.seen if call.errors] == []
