"""Rows of profiles: what people show of themselves beyond their name."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.db_defaults import Now

from aethex_live.db import Row
from aethex_live.models import User


class Profile(Row):
    """The profile of one person. `avatar_key` and `banner_key` begin the keys of both pictures of their kind, in
    `avatar_provider` and `banner_provider`. `links` are pairs of words and an https address.
    """

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "core.User", related_name="profiles_profile", on_delete=fields.CASCADE
    )
    user_id: UUID
    bio = fields.CharField(max_length=500, default="", db_default="")
    avatar_provider = fields.CharField(max_length=40, null=True)
    avatar_key = fields.CharField(max_length=200, null=True, db_index=True)
    banner_provider = fields.CharField(max_length=40, null=True)
    banner_key = fields.CharField(max_length=200, null=True, db_index=True)
    banner_alt = fields.CharField(max_length=200, default="", db_default="")
    links: list[Any] | None = fields.JSONField(null=True)
    updated_at: datetime = fields.DatetimeField(auto_now=True, db_default=Now())

    class Meta:
        table = "profiles_profile"
