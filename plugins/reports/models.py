"""Rows of reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from aethex_live.db import Row
from aethex_live.db.rows import one_of
from aethex_live.models import Channel, User

from .reasons import Act, Reason


class Report(Row):
    """One person's report of one thing. `snapshot` holds the fields of a Reportable as it was then.

    `open_key` is unique while the report is open: one open report a person and thing. `case_id` is given at the
    closing, the same to all reports that were closed together.
    """

    kind = fields.CharField(max_length=60)
    subject_id = fields.CharField(max_length=64)
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="reports_reports", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    channel_id: UUID | None
    accused: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="reports_accusations", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    accused_id: UUID | None
    reporter: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="reports_reports", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    reporter_id: UUID | None
    guest_hash = fields.CharField(max_length=64, null=True)
    reason = fields.CharField(max_length=20)
    text = fields.CharField(max_length=1000, default="", db_default="")
    snapshot: dict[str, Any] = fields.JSONField(default=dict)
    wants_news = fields.BooleanField(default=False, db_default=False)
    open_key = fields.CharField(max_length=64, null=True, unique=True)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    closed_by: UUID | None = fields.UUIDField(null=True)
    case_id: UUID | None = fields.UUIDField(null=True, db_index=True)
    act = fields.CharField(max_length=20, null=True)
    note = fields.CharField(max_length=300, default="", db_default="")

    class Meta:
        table = "reports_report"
        indexes = (Index(fields=("kind", "subject_id"), name="reports_report_by_subject"),)
        constraints = (
            one_of("reports_report", "reason", *Reason),
            one_of("reports_report", "act", *Act),
            CheckConstraint(
                check='("closed_at" is null) = ("open_key" is not null)', name="reports_report_open_has_key"
            ),
            CheckConstraint(check='("closed_at" is null) = ("act" is null)', name="reports_report_closed_has_act"),
        )
