"""What must still be done outside of the database: the outbox."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.fields.db_defaults import Now
from tortoise.indexes import Index
from tortoise.models import Model

from aethex_live.db.rows import Row, one_of


class Outbox(Row):
    """A command, written in the transaction that wants it done: new -> sent -> done, or dead after its last attempt."""

    plugin = fields.CharField(max_length=40)
    topic = fields.CharField(max_length=80)
    payload: dict[str, Any] = fields.JSONField(default=dict)
    dedupe = fields.CharField(max_length=200, null=True, unique=True)
    state = fields.CharField(max_length=10, default="new", db_default="new")
    available_at: datetime = fields.DatetimeField(auto_now_add=True, db_default=Now())
    lease_until: datetime | None = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0, db_default=0)
    last_error: str | None = fields.TextField(null=True)

    class Meta:
        table = "core_outbox"
        indexes = (Index(fields=("state", "available_at"), name="core_outbox_by_state"),)
        constraints = (one_of("core_outbox", "state", "new", "sent", "done", "dead"),)


class ScheduleState(Model):
    """When a schedule is due next, and until when a process has it in hand: one of them runs it."""

    name = fields.CharField(max_length=80, primary_key=True)
    due_at: datetime = fields.DatetimeField(db_default=Now())
    running_until: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "core_schedule_state"
