"""What vendors told us by webhooks: requests as they came, the events in them, and how far each thing has come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from aethex_live.db.rows import Row, one_of


class WebhookDelivery(Row):
    """A request with something new in it, or one that its plugin could not read. Kept for some days.

    `digest` is the SHA-256 of the body, `headers` are those that are no secret, `times` counts how often it came.
    """

    kind = fields.CharField(max_length=12)
    provider = fields.CharField(max_length=40)
    digest = fields.CharField(max_length=64)
    state = fields.CharField(max_length=12, default="read", db_default="read")
    error: str = fields.TextField(default="", db_default="")
    headers: dict[str, Any] = fields.JSONField(default=dict)
    body: bytes = fields.BinaryField()
    times = fields.IntField(default=1, db_default=1)
    received_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "core_webhook_delivery"
        unique_together = (("kind", "provider", "digest"),)
        constraints = (one_of("core_webhook_delivery", "state", "read", "unreadable"),)


class WebhookEvent(Row):
    """An event of a vendor, in our words; the same one is stored once, however often it comes.

    `state`: new until it is handled, done, or stale when a newer state of the same thing was handled before. `job_id`
    is the outbox row that handles it: it knows attempts and the last error. `note` says what became of it.
    """

    kind = fields.CharField(max_length=12)
    provider = fields.CharField(max_length=40)
    event_id = fields.CharField(max_length=200)
    type = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=200)
    ref = fields.CharField(max_length=200, null=True)
    occurred_at: datetime = fields.DatetimeField()
    data: dict[str, Any] = fields.JSONField(default=dict)
    received_at: datetime = fields.DatetimeField()
    delivery_id: UUID | None = fields.UUIDField(null=True)
    job_id: UUID | None = fields.UUIDField(null=True)
    state = fields.CharField(max_length=8, default="new", db_default="new")
    note: str = fields.TextField(default="", db_default="")
    runs = fields.IntField(default=0, db_default=0)
    handled_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "core_webhook_event"
        unique_together = (("kind", "provider", "event_id"),)
        indexes = (
            Index(fields=("kind", "provider", "subject", "occurred_at"), name="core_webhook_event_by_subject"),
            Index(fields=("state", "received_at"), name="core_webhook_event_by_state"),
        )
        constraints = (one_of("core_webhook_event", "state", "new", "done", "stale"),)


class ProviderState(Row):
    """The newest state of a thing at a vendor that was handled; what is older than that is not handled any more.

    `family` is what the state is about: an ingest's subject has states of its own, and so has a payee's.
    """

    kind = fields.CharField(max_length=12)
    provider = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=200)
    family = fields.CharField(max_length=20)
    type = fields.CharField(max_length=40)
    occurred_at: datetime = fields.DatetimeField()

    class Meta:
        table = "core_provider_state"
        unique_together = (("kind", "provider", "subject", "family"),)


class MailStop(Model):
    """An address that gets no more mails: it does not exist, or its owner called our mails unwanted.

    Only the SHA-256 of the address is stored, so that nothing of a deleted person stays.
    """

    address_hash = fields.CharField(max_length=64, primary_key=True)
    reason = fields.CharField(max_length=12)
    provider = fields.CharField(max_length=40)
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "core_mail_stop"
        constraints = (one_of("core_mail_stop", "reason", "bounced", "complained"),)
