"""People: accounts, what proves who they are, and their sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from aethex_live.db.rows import Row, one_of


class User(Row):
    """A person with an account. Names are shown as typed and compared by their lower-case key.

    "pending" waits for an operator's approval, "leaving" for `delete_at`, when the account is deleted for good.
    A bot is the account of a program: `bot_of` is the person who answers for it. `username_look` and `name_look` are
    what the two names look like (domain/lookalikes.py), so that nobody takes one that passes for another's.
    """

    username = fields.CharField(max_length=32)
    username_key = fields.CharField(max_length=32, unique=True)
    display_name = fields.CharField(max_length=50)
    email = fields.CharField(max_length=254, null=True)
    email_key = fields.CharField(max_length=254, null=True, unique=True)
    role = fields.CharField(max_length=10, default="member", db_default="member")
    state = fields.CharField(max_length=10, default="active", db_default="active")
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    last_seen_at: datetime | None = fields.DatetimeField(null=True)
    email_verified_at: datetime | None = fields.DatetimeField(null=True)
    delete_at: datetime | None = fields.DatetimeField(null=True, db_index=True)
    terms_version = fields.IntField(default=0, db_default=0)
    terms_accepted_at: datetime | None = fields.DatetimeField(null=True)
    username_look = fields.CharField(max_length=100, default="", db_default="", db_index=True)
    name_look = fields.CharField(max_length=100, default="", db_default="", db_index=True)
    bot_of: fields.ForeignKeyNullableRelation["User"] = fields.ForeignKeyField(
        "core.User", related_name="bots", on_delete=fields.CASCADE, null=True, db_index=True
    )
    bot_of_id: UUID | None

    identities: fields.ReverseRelation["Identity"]
    sessions: fields.ReverseRelation["Session"]

    class Meta:
        table = "core_user"
        constraints = (
            one_of("core_user", "role", "member", "operator"),
            one_of("core_user", "state", "active", "pending", "banned", "leaving", "deleted"),
        )


class Identity(Row):
    """A proof of who somebody is: the subject that an auth provider vouches for.

    A subject may name an issuer and what that one calls the person, so it is longer than a name.
    """

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="identities", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    provider = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=512)

    class Meta:
        table = "core_identity"
        unique_together = (("provider", "subject"),)


class Session(Row):
    """A signed-in browser. Only the SHA-256 of its cookie is stored, so that a copied table opens nothing.

    `proven_at` is when its person last proved who they are: sensitive acts ask for that again. `provider_session` is
    the provider's own id of the session, where it has one: when it ends there, this one ends too.
    """

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    seen_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField(db_index=True)
    user_agent = fields.CharField(max_length=200, default="", db_default="")
    address = fields.CharField(max_length=64, default="", db_default="")
    provider = fields.CharField(max_length=40)
    proven_at: datetime | None = fields.DatetimeField(null=True)
    provider_session = fields.CharField(max_length=200, null=True, db_index=True)

    class Meta:
        table = "core_session"


class ApiToken(Row):
    """A personal token for programs. Only its SHA-256 is stored; `hint` are its first characters."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name="api_tokens", on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    name = fields.CharField(max_length=50)
    hint = fields.CharField(max_length=16)
    token_hash = fields.CharField(max_length=64, unique=True)
    scopes: list[Any] = fields.JSONField(default=list)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    used_at: datetime | None = fields.DatetimeField(null=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "core_api_token"
