"""What goes live and what stays of it: channel -> ingest -> broadcast -> recording."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from aethex_live.db.rows import Row, one_of

from .channels import Category, Channel


class Ingest(Row):
    """Where an encoder sends to. Its key is derived from the site's secret and `key_version`, never stored.

    `rehearsal`: what goes live next is a rehearsal.
    """

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="ingests", on_delete=fields.CASCADE, db_index=True
    )
    channel_id: UUID
    provider = fields.CharField(max_length=40)
    provider_id = fields.CharField(max_length=200)
    key_version = fields.IntField(default=1, db_default=1)
    enabled = fields.BooleanField(default=True, db_default=True)
    rehearsal = fields.BooleanField(default=False, db_default=False)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_ingest"
        unique_together = (("provider", "provider_id"),)


class Broadcast(Row):
    """One going-live of an ingest, from the first frame to its end. `playback` holds the fields of a PlaybackRef.

    A rehearsal is seen by the channel's owner and moderators alone, and is neither announced nor listed.
    """

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="broadcasts", on_delete=fields.CASCADE
    )
    channel_id: UUID
    ingest: fields.ForeignKeyNullableRelation[Ingest] = fields.ForeignKeyField(
        "core.Ingest", related_name="broadcasts", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    ingest_id: UUID | None
    provider = fields.CharField(max_length=40)
    provider_id = fields.CharField(max_length=200)
    title = fields.CharField(max_length=140, default="", db_default="")
    category: fields.ForeignKeyNullableRelation[Category] = fields.ForeignKeyField(
        "core.Category", related_name="broadcasts", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    category_id: UUID | None
    state = fields.CharField(max_length=12, default="live", db_default="live", db_index=True)
    started_at: datetime = fields.DatetimeField()
    ended_at: datetime | None = fields.DatetimeField(null=True)
    end_reason = fields.CharField(max_length=12, null=True)
    peak_viewers = fields.IntField(default=0, db_default=0)
    rehearsal = fields.BooleanField(default=False, db_default=False)
    playback: dict[str, Any] = fields.JSONField(default=dict)

    class Meta:
        table = "core_broadcast"
        unique_together = (("provider", "provider_id"),)
        indexes = (Index(fields=("channel_id", "started_at"), name="core_broadcast_by_channel"),)
        constraints = (
            one_of("core_broadcast", "state", "live", "reconnecting", "ended"),
            one_of(
                "core_broadcast",
                "end_reason",
                "unpublish",
                "timeout",
                "creator",
                "limit",
                "moderation",
                "crash",
            ),
            CheckConstraint(check='("state" = \'ended\') = ("ended_at" is not null)', name="core_broadcast_end"),
        )


class Recording(Row):
    """What a broadcast left to watch. `duration` is in seconds, `size` in bytes.

    `expires_at` is when retention deletes it (None: never), `warned_at` when its owner was told so.
    """

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="recordings", on_delete=fields.CASCADE
    )
    channel_id: UUID
    broadcast: fields.ForeignKeyNullableRelation[Broadcast] = fields.ForeignKeyField(
        "core.Broadcast", related_name="recordings", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    broadcast_id: UUID | None
    provider = fields.CharField(max_length=40)
    provider_id = fields.CharField(max_length=200)
    title = fields.CharField(max_length=140, default="", db_default="")
    state = fields.CharField(max_length=12, default="processing", db_default="processing")
    visibility = fields.CharField(max_length=10, default="public", db_default="public")
    duration = fields.FloatField(default=0.0, db_default=0.0)
    size = fields.BigIntField(default=0, db_default=0)
    width: int | None = fields.IntField(null=True)
    height: int | None = fields.IntField(null=True)
    has_audio = fields.BooleanField(default=True, db_default=True)
    incomplete = fields.BooleanField(default=False, db_default=False)
    playback: dict[str, Any] = fields.JSONField(default=dict)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    deleted_at: datetime | None = fields.DatetimeField(null=True)
    expires_at: datetime | None = fields.DatetimeField(null=True, db_index=True)
    warned_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "core_recording"
        unique_together = (("provider", "provider_id"),)
        indexes = (Index(fields=("channel_id", "created_at"), name="core_recording_by_channel"),)
        constraints = (
            one_of("core_recording", "state", "processing", "ready", "failed", "deleted"),
            one_of("core_recording", "visibility", "public", "unlisted", "private"),
        )
