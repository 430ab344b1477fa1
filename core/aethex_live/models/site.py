"""What the site knows about itself: facts, plugin states, realtime topics, the control channel."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.fields.db_defaults import Now
from tortoise.models import Model

from aethex_live.db.rows import Row, one_of


class SiteFact(Model):
    """A single fact about the site, such as the fingerprint of its secret."""

    key = fields.CharField(max_length=60, primary_key=True)
    value: str = fields.TextField()

    class Meta:
        table = "core_site_fact"


class PluginState(Model):
    """What the operator chose for a plugin, and whether failures suspended it."""

    plugin = fields.CharField(max_length=40, primary_key=True)
    switched = fields.CharField(max_length=3, null=True)
    suspended_at: datetime | None = fields.DatetimeField(null=True)
    reason: str = fields.TextField(default="", db_default="")
    updated_at: datetime = fields.DatetimeField(auto_now=True, db_default=Now())

    class Meta:
        table = "core_plugin_state"
        constraints = (one_of("core_plugin_state", "switched", "on", "off"),)


class Topic(Model):
    """The sequence of a realtime topic; the epoch changes when the store was restored."""

    name = fields.CharField(max_length=120, primary_key=True)
    seq = fields.BigIntField(default=0, db_default=0)
    epoch = fields.CharField(max_length=16)

    class Meta:
        table = "core_topic"


class ControlVersion(Model):
    """The single row that counts control messages; its lock orders them."""

    id = fields.IntField(primary_key=True)
    version = fields.BigIntField(default=0, db_default=0)

    class Meta:
        table = "core_control_version"


class ControlMessage(Row):
    """Something that every process must hear, kept for a while for those that missed the notification."""

    version = fields.BigIntField(unique=True)
    kind = fields.CharField(max_length=80)
    data: dict[str, Any] = fields.JSONField(default=dict)
    sent_at: datetime = fields.DatetimeField(auto_now_add=True, db_default=Now())

    class Meta:
        table = "core_control_message"
