"""Rows of applause: their tables begin with the plugin's name, foreign keys lead to the core alone."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from aethex_live.db import Row
from aethex_live.models import Broadcast


class Count(Row):
    """How often people clapped for one broadcast."""

    broadcast: fields.OneToOneRelation[Broadcast] = fields.OneToOneField(
        "core.Broadcast", related_name="applause_count", on_delete=fields.CASCADE
    )
    broadcast_id: UUID
    claps = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "applause_count"
