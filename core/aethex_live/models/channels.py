"""Channels, their addresses, their moderators, and the categories they broadcast in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from aethex_live.db.rows import Row, one_of

from .accounts import User


class Category(Row):
    """What a broadcast is about; the first ones are seeded by a migration."""

    slug = fields.CharField(max_length=40, unique=True)
    name = fields.CharField(max_length=60)

    class Meta:
        table = "core_category"


class Channel(Row):
    """A place of a creator: its address (slug), its words, its colour. `hue` is in degrees of the colour circle.

    `retention_days`: how long recordings are kept; None keeps them as long as the site does.
    `held_at`: since when an operator keeps it out of lists, and `held_reason` what they said; None: nobody does, and
    `visibility` is the owner's choice. `delete_at`: it is closed, and deleted for good then; until then its owner can
    bring it back, or, with `closed_by_operator`, only an operator.
    """

    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="channels", on_delete=fields.CASCADE, db_index=True
    )
    owner_id: UUID
    slug = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=50)
    title = fields.CharField(max_length=140, default="", db_default="")
    category: fields.ForeignKeyNullableRelation[Category] = fields.ForeignKeyField(
        "core.Category", related_name="channels", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    category_id: UUID | None
    language = fields.CharField(max_length=12, default="en", db_default="en")
    hue = fields.IntField(default=0, db_default=0)
    about: str = fields.TextField(default="", db_default="")
    visibility = fields.CharField(max_length=10, default="public", db_default="public")
    mature = fields.BooleanField(default=False, db_default=False)
    retention_days: int | None = fields.IntField(null=True)
    held_at: datetime | None = fields.DatetimeField(null=True)
    held_reason = fields.CharField(max_length=200, default="", db_default="")
    delete_at: datetime | None = fields.DatetimeField(null=True, db_index=True)
    closed_by_operator = fields.BooleanField(default=False, db_default=False)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_channel"
        constraints = (
            one_of("core_channel", "visibility", "public", "unlisted"),
            CheckConstraint(check='"hue" between 0 and 359', name="core_channel_hue_degrees"),
            CheckConstraint(check="\"slug\" ~ '^[a-z0-9_-]{3,32}$'", name="core_channel_slug_form"),
            CheckConstraint(check='char_length("about") <= 2000', name="core_channel_about_length"),
            CheckConstraint(check='"retention_days" between 1 and 3650', name="core_channel_retention_days"),
            CheckConstraint(
                check='"held_at" is null or "visibility" = \'unlisted\'', name="core_channel_held_is_unlisted"
            ),
        )


class ChannelSlug(Model):
    """An address that a channel has or had: old links go on leading to it."""

    slug = fields.CharField(max_length=32, primary_key=True)
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="slugs", on_delete=fields.CASCADE, db_index=True
    )
    channel_id: UUID
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "core_channel_slug"


class ChannelModerator(Row):
    """A person who may moderate a channel, with the rights that they were given."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="moderators", on_delete=fields.CASCADE
    )
    channel_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="moderates", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    rights: list[Any] = fields.JSONField(default=list)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    granted_by: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "core_channel_moderator"
        unique_together = (("channel", "user"),)
