"""Rows of chat: lines in the order of their channel, and who may not write in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from aethex_live.db import Row, one_of
from aethex_live.models import ApiToken, Channel, User


class Line(Row):
    """What was said or done in a channel's chat; `seq` counts without gaps within the channel.

    A message is deleted by a mark, so that moderators can still judge it. An act has no text: `act` holds
    the name and the data of the event that pages hear. `role` is what the author was in the channel then, `badges`
    what plugins gave them. An announcement has an `accent`. `visible_at` is set where the channel shows viewers
    everything later, and never falls within the sequence.
    `emotes` are the codes and ids of those that were found in the text when it was sent, None for none.
    """

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_lines", on_delete=fields.CASCADE
    )
    channel_id: UUID
    seq = fields.BigIntField()
    author: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_lines", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    author_id: UUID | None
    author_name = fields.CharField(max_length=50)
    role = fields.CharField(max_length=10)
    kind = fields.CharField(max_length=8)
    text = fields.CharField(max_length=500, default="", db_default="")
    mentions: list[Any] = fields.JSONField(default=list)
    emotes: list[Any] | None = fields.JSONField(null=True)
    act: dict[str, Any] | None = fields.JSONField(null=True)
    reply_to: UUID | None = fields.UUIDField(null=True)
    badges: list[Any] | None = fields.JSONField(null=True)
    accent = fields.CharField(max_length=8, default="", db_default="")
    client_id = fields.CharField(max_length=36)
    created_at: datetime = fields.DatetimeField()
    visible_at: datetime | None = fields.DatetimeField(null=True)
    deleted_at: datetime | None = fields.DatetimeField(null=True)
    deleted_by: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "chat_line"
        unique_together = (("channel", "seq"), ("channel", "author", "client_id"))
        constraints = (
            one_of("chat_line", "role", "owner", "moderator", "member"),
            one_of("chat_line", "kind", "message", "act"),
            one_of("chat_line", "accent", "", "note", "good", "warn"),
            CheckConstraint(check='("kind" = \'act\') = ("act" is not null)', name="chat_line_act"),
        )


class ModesRow(Row):
    """The modes of a channel's chat; a channel without a row has none (modes.Modes says what they mean)."""

    channel: fields.OneToOneRelation[Channel] = fields.OneToOneField(
        "core.Channel", related_name="chat_modes", on_delete=fields.CASCADE
    )
    channel_id: UUID
    slow_s = fields.SmallIntField(default=0, db_default=0)
    unique_only = fields.BooleanField(default=False, db_default=False)
    links = fields.CharField(max_length=8, default="allow", db_default="allow")
    min_age_minutes = fields.IntField(default=0, db_default=0)
    verified_only = fields.BooleanField(default=False, db_default=False)
    emotes_only = fields.BooleanField(default=False, db_default=False)
    followers_only = fields.BooleanField(default=False, db_default=False)
    follow_minutes = fields.IntField(default=0, db_default=0)
    subscribers_only = fields.BooleanField(default=False, db_default=False)
    delay_s = fields.SmallIntField(default=0, db_default=0)
    hold_newcomers = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "chat_modes"
        constraints = (
            one_of("chat_modes", "links", "allow", "hold", "refuse"),
            CheckConstraint(check='"slow_s" between 0 and 600', name="chat_modes_slow"),
            CheckConstraint(check='"delay_s" between 0 and 10', name="chat_modes_delay"),
        )


class RulesRow(Row):
    """The rules of a channel's chat; `version` grows when everybody is to accept them again. No text: no rules."""

    channel: fields.OneToOneRelation[Channel] = fields.OneToOneField(
        "core.Channel", related_name="chat_rules", on_delete=fields.CASCADE
    )
    channel_id: UUID
    text = fields.CharField(max_length=2000, default="", db_default="")
    version = fields.IntField(default=1, db_default=1)
    changed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "chat_rules"


class RulesAccepted(Row):
    """The version of the rules that a person has accepted in a channel."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_rules_accepted", on_delete=fields.CASCADE
    )
    channel_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_rules_accepted", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    version = fields.IntField()
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "chat_rules_accepted"
        unique_together = (("channel", "user"),)


class PinRow(Row):
    """What stands above a channel's chat: a message, or words of a moderator (no `line`); gone after `until`."""

    channel: fields.OneToOneRelation[Channel] = fields.OneToOneField(
        "core.Channel", related_name="chat_pin", on_delete=fields.CASCADE
    )
    channel_id: UUID
    line: UUID | None = fields.UUIDField(null=True)
    text = fields.CharField(max_length=500)
    author: UUID | None = fields.UUIDField(null=True, db_index=True)
    author_name = fields.CharField(max_length=50)
    by: UUID | None = fields.UUIDField(null=True)
    by_name = fields.CharField(max_length=50)
    until: datetime | None = fields.DatetimeField(null=True)
    at: datetime = fields.DatetimeField()

    class Meta:
        table = "chat_pin"


class HeldMessage(Row):
    """A message that waits for a moderator, or that one has decided about; kept for a week."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_held", on_delete=fields.CASCADE
    )
    channel_id: UUID
    author: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_held", on_delete=fields.CASCADE, db_index=True
    )
    author_id: UUID
    text = fields.CharField(max_length=500)
    reply_to: UUID | None = fields.UUIDField(null=True)
    client_id = fields.CharField(max_length=36)
    reason = fields.CharField(max_length=200, default="", db_default="")
    created_at: datetime = fields.DatetimeField(db_index=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)
    decided_by: UUID | None = fields.UUIDField(null=True)
    approved = fields.BooleanField(null=True)

    class Meta:
        table = "chat_held"
        unique_together = (("channel", "author", "client_id"),)


class Restriction(Row):
    """A timeout (it has an end) or a ban (it may have one) of a person in a channel; lifted ones stay."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_restrictions", on_delete=fields.CASCADE
    )
    channel_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_restrictions", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    kind = fields.CharField(max_length=8)
    until: datetime | None = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=200, default="", db_default="")
    by: UUID | None = fields.UUIDField(null=True)
    created_at: datetime = fields.DatetimeField()
    lifted_at: datetime | None = fields.DatetimeField(null=True)
    lifted_by: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "chat_restriction"
        constraints = (
            one_of("chat_restriction", "kind", "timeout", "ban"),
            CheckConstraint(check='"kind" = \'ban\' or "until" is not null', name="chat_restriction_end"),
            UniqueConstraint(
                fields=("channel_id", "user_id"), condition='"lifted_at" is null', name="chat_restriction_one"
            ),
        )


class EmoteRow(Row):
    """A picture that a channel's chat shows for `:code:`; one that waits or was denied is shown to nobody else.

    `code_key` is the code in lower case. `key` is where the storage `provider` keeps the files, `size` their bytes.
    """

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_emotes", on_delete=fields.CASCADE
    )
    channel_id: UUID
    code = fields.CharField(max_length=24)
    code_key = fields.CharField(max_length=24)
    provider = fields.CharField(max_length=64)
    key = fields.CharField(max_length=200)
    animated = fields.BooleanField(default=False, db_default=False)
    size = fields.IntField()
    state = fields.CharField(max_length=8)
    created_by: UUID | None = fields.UUIDField(null=True)
    created_at: datetime = fields.DatetimeField()
    decided_by: UUID | None = fields.UUIDField(null=True)
    decided_at: datetime | None = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=200, default="", db_default="")

    class Meta:
        table = "chat_emote"
        unique_together = (("channel", "code_key"),)
        constraints = (one_of("chat_emote", "state", "pending", "approved", "denied"),)


class PersonWarning(Row):
    """Words of a moderator to a person, who writes again when they have pressed that they understand."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_warnings", on_delete=fields.CASCADE
    )
    channel_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_warnings", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    reason = fields.CharField(max_length=200)
    by: UUID | None = fields.UUIDField(null=True)
    created_at: datetime = fields.DatetimeField()
    acknowledged_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "chat_warning"
        constraints = (
            UniqueConstraint(
                fields=("channel_id", "user_id"), condition='"acknowledged_at" is null', name="chat_warning_one"
            ),
        )


class Note(Row):
    """What a moderator wrote down about a person, for the moderators of the channel alone."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_notes", on_delete=fields.CASCADE
    )
    channel_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_notes", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    author: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_notes_written", on_delete=fields.SET_NULL, null=True
    )
    author_id: UUID | None
    author_name = fields.CharField(max_length=50)
    text = fields.CharField(max_length=500)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "chat_note"


class Appeal(Row):
    """A request of somebody who is shut out; `over` when the timeout or ban ended before anybody answered."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_appeals", on_delete=fields.CASCADE
    )
    channel_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_appeals", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    text = fields.CharField(max_length=500)
    state = fields.CharField(max_length=8, default="open", db_default="open")
    created_at: datetime = fields.DatetimeField()
    decided_at: datetime | None = fields.DatetimeField(null=True)
    decided_by: UUID | None = fields.UUIDField(null=True)
    answer = fields.CharField(max_length=500, default="", db_default="")

    class Meta:
        table = "chat_appeal"
        constraints = (
            one_of("chat_appeal", "state", "open", "approved", "denied", "over"),
            UniqueConstraint(fields=("channel_id", "user_id"), condition="\"state\" = 'open'", name="chat_appeal_one"),
        )


class ShieldRow(Row):
    """A channel's shield mode: the modes it turns on, and those that held before while it is on."""

    channel: fields.OneToOneRelation[Channel] = fields.OneToOneField(
        "core.Channel", related_name="chat_shield", on_delete=fields.CASCADE
    )
    channel_id: UUID
    preset: dict[str, Any] | None = fields.JSONField(null=True)
    before: dict[str, Any] | None = fields.JSONField(null=True)
    by: UUID | None = fields.UUIDField(null=True)
    since: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "chat_shield"
        constraints = (CheckConstraint(check='("before" is null) = ("since" is null)', name="chat_shield_on"),)


class Block(Row):
    """Somebody wants to read nothing of somebody else, in no chat; the other never learns of it."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_blocks", on_delete=fields.CASCADE
    )
    user_id: UUID
    blocked: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="chat_blocked_by", on_delete=fields.CASCADE, db_index=True
    )
    blocked_id: UUID
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "chat_block"
        unique_together = (("user", "blocked"),)


class LookRow(Row):
    """How somebody likes their chats (preferences.Look says what is in it)."""

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "core.User", related_name="chat_look", on_delete=fields.CASCADE
    )
    user_id: UUID
    look: dict[str, Any] = fields.JSONField(default=dict)

    class Meta:
        table = "chat_look"


class Dock(Row):
    """A personal API token that opens one chat in a dock or an overlay; it goes with the token."""

    token: fields.OneToOneRelation[ApiToken] = fields.OneToOneField(
        "core.ApiToken", related_name="chat_dock", on_delete=fields.CASCADE
    )
    token_id: UUID
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "core.Channel", related_name="chat_docks", on_delete=fields.CASCADE, db_index=True
    )
    channel_id: UUID
    kind = fields.CharField(max_length=8)

    class Meta:
        table = "chat_dock"
        constraints = (one_of("chat_dock", "kind", "read", "write", "moderate"),)
