"""An e-mail provider in memory, with a vendor in memory that tells what became of the mails."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson

from aethex_live.ids import uuid7
from aethex_live.providers.email import Email, MailCap
from aethex_live.providers.mail_rules import check_key, check_mail, refused
from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.webhooks import ProviderEvent, WebhookRequest

MOST_AT_ONCE = 100
_SECRET = "secret of the fake"  # noqa: S105 - it guards nothing


class FakeEmail:
    """Keeps what it should send in `sent`, oldest first; `tell` makes what its vendor would post."""

    name = "fake"
    capabilities = frozenset({MailCap.IDEMPOTENT, MailCap.BATCH, MailCap.TAGS, MailCap.EVENTS})

    def __init__(self) -> None:
        self.sent: list[Email] = []
        self._ids: dict[str, str] = {}
        self._mails: dict[str, Email] = {}

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Take a message; the same key is one message."""
        [mail_id] = await self.send_many([message], idempotency_key=idempotency_key)
        return mail_id

    async def send_many(self, messages: Sequence[Email], *, idempotency_key: str) -> Sequence[str]:
        """Take messages, all or none; the same key is one batch."""
        check_key(idempotency_key, self.name)
        if len(messages) > MOST_AT_ONCE:
            raise refused(f"At most {MOST_AT_ONCE} mails go in one call.", self.name)
        for message in messages:
            check_mail(message, self.name)
        return [self._take(message, f"{idempotency_key}:{number}") for number, message in enumerate(messages)]

    def _take(self, message: Email, key: str) -> str:
        if key not in self._ids:
            self._ids[key] = str(uuid7())
            self._mails[self._ids[key]] = message
            self.sent.append(message)
        return self._ids[key]

    def tell(
        self, event_type: str, mail_id: str, *, age: timedelta = timedelta(0), foreign: bool = False
    ) -> WebhookRequest:
        """What the vendor would post about a mail, signed so long ago; `foreign` with another secret."""
        mail, now = self._mails[mail_id], datetime.now(UTC)
        about = {"id": str(uuid7()), "type": event_type, "mail": mail_id, "to": mail.to, "tags": dict(mail.tags)}
        body = orjson.dumps(about)
        stamp = int((now - age).timestamp())
        secret = "of somebody else" if foreign else _SECRET
        signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return WebhookRequest(headers={"fake-signature": f"t={stamp},v1={signature}"}, body=body, received_at=now)

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """What `tell` made. Raises WebhookRejected."""
        check_stamped(request.headers.get("fake-signature"), request.body, [_SECRET], request.received_at)
        told = orjson.loads(request.body)
        address = {} if told["type"] == "email.delivered" else {"address": told["to"], "permanent": True}
        event = ProviderEvent(
            id=told["id"],
            type=told["type"],
            subject=told["mail"],
            occurred_at=request.received_at,
            ref=told["tags"].get("ref"),
            data={"tags": told["tags"], **address},
        )
        return [event]

    async def aclose(self) -> None:
        """There is nothing to give back."""
