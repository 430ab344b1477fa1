"""The event log with its cursors and dead letters, and the audit of who did what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import Now
from tortoise.indexes import Index
from tortoise.models import Model

from aethex_live.db.rows import Row


class Event(Row):
    """What happened, written in the transaction that made it so.

    `position` is given after the commit by the dispatcher: gap-free, and NULL until then. (The table has one column
    more, `number`, the order of the inserts, by which the dispatcher gives positions.)
    """

    type = fields.CharField(max_length=80)
    version = fields.IntField()
    actor_id: UUID | None = fields.UUIDField(null=True)
    channel_id: UUID | None = fields.UUIDField(null=True)
    subject = fields.CharField(max_length=120)
    payload: dict[str, Any] = fields.JSONField(default=dict)
    occurred_at: datetime = fields.DatetimeField()
    recorded_at: datetime = fields.DatetimeField(auto_now_add=True, db_default=Now())
    position: int | None = fields.BigIntField(null=True, unique=True)

    class Meta:
        table = "core_event"
        indexes = (
            Index(fields=("channel_id", "position"), name="core_event_by_channel"),
            Index(fields=("subject", "position"), name="core_event_by_subject"),
        )


class EventCursor(Model):
    """How far a consumer has come: the position of the last event that it is done with."""

    consumer = fields.CharField(max_length=80, primary_key=True)
    position = fields.BigIntField(default=0, db_default=0)
    updated_at: datetime = fields.DatetimeField(auto_now=True, db_default=Now())

    class Meta:
        table = "core_event_cursor"


class EventDeadLetter(Row):
    """An event that a consumer could not handle; its cursor has moved on."""

    consumer = fields.CharField(max_length=80)
    event_id: UUID = fields.UUIDField()
    position = fields.BigIntField()
    error: str = fields.TextField()
    attempts = fields.IntField()
    created_at: datetime = fields.DatetimeField(auto_now_add=True, db_default=Now())

    class Meta:
        table = "core_event_dead_letter"
        unique_together = (("consumer", "event_id"),)


class AuditEntry(Row):
    """Who did what to whom and why; `actor_name` stays readable after the account is gone.

    `number` counts entries without a gap; `chain` is a SHA-256 over the entry and the chain of the one before it, so
    that a changed or missing entry is found. A trigger refuses changes.
    """

    at: datetime = fields.DatetimeField(auto_now_add=True, db_default=Now())
    actor_id: UUID | None = fields.UUIDField(null=True)
    actor_name = fields.CharField(max_length=50, default="", db_default="")
    action = fields.CharField(max_length=80)
    channel_id: UUID | None = fields.UUIDField(null=True)
    subject = fields.CharField(max_length=120, default="", db_default="")
    detail: dict[str, Any] = fields.JSONField(default=dict)
    number: int | None = fields.BigIntField(null=True, unique=True)
    chain = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "core_audit_entry"
        indexes = (
            Index(fields=("channel_id", "at"), name="core_audit_entry_by_channel"),
            Index(fields=("at",), name="core_audit_entry_by_time"),
        )
