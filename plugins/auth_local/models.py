"""Rows of auth_local: secrets of subjects, links that were mailed, second steps, passkeys, invites."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from aethex_live.db import Row
from aethex_live.models import User


class Credential(Row):
    """The Argon2id hash of a subject's password, with its parameters and salt in one text."""

    subject = fields.CharField(max_length=200, unique=True)
    secret: str = fields.TextField()
    changed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "auth_local_credential"


class Link(Row):
    """A one-time link that was mailed. Its token derives from the site's secret and is stored as a hash only.

    `purpose` is confirm (an address), reset (a password) or revert (an address that was replaced).
    """

    purpose = fields.CharField(max_length=10)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name=False, on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    token_hash = fields.CharField(max_length=64, unique=True)
    address = fields.CharField(max_length=254)
    made_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "auth_local_link"


class PendingAddress(Row):
    """The address that an account wants and whose owner has not confirmed it."""

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "core.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    address = fields.CharField(max_length=254)
    asked_at: datetime = fields.DatetimeField()

    class Meta:
        table = "auth_local_pending_address"


class Totp(Row):
    """An authenticator app. Its secret derives from the site's secret and `salt`; `last_step` was used last.

    Not `confirmed_at`: it was begun and not finished, and asks nobody for anything.
    """

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "core.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    salt = fields.CharField(max_length=32)
    last_step = fields.BigIntField(default=0, db_default=0)
    begun_at: datetime = fields.DatetimeField()
    confirmed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_local_totp"


class RecoveryCode(Row):
    """A code for who lost the app; deleted when it is used. Only a keyed hash is stored."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name=False, on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    code_hash = fields.CharField(max_length=64)

    class Meta:
        table = "auth_local_recovery_code"
        unique_together = (("user_id", "code_hash"),)


class Passkey(Row):
    """A public key that a person's device keeps the other half of. `cloned_at`: its counter went backwards."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name=False, on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    credential_id = fields.CharField(max_length=1400, unique=True)  # base64url; at most 1,023 bytes
    public_key: bytes = fields.BinaryField()
    sign_count = fields.BigIntField(default=0, db_default=0)
    transports: list[Any] = fields.JSONField(default=list)
    name = fields.CharField(max_length=50)
    made_at: datetime = fields.DatetimeField()
    used_at: datetime | None = fields.DatetimeField(null=True)
    cloned_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_local_passkey"


class Invite(Row):
    """A link by which so many people may make an account; its token derives from the site's secret."""

    token_hash = fields.CharField(max_length=64, unique=True)
    note = fields.CharField(max_length=100, default="", db_default="")
    uses_left = fields.IntField()
    used = fields.IntField(default=0, db_default=0)
    made_at: datetime = fields.DatetimeField()
    made_by: UUID = fields.UUIDField()
    expires_at: datetime = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "auth_local_invite"


class KnownDevice(Row):
    """A combination of browser and network by which somebody has signed in; a keyed hash, nothing readable."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "core.User", related_name=False, on_delete=fields.CASCADE, db_index=True
    )
    user_id: UUID
    mark = fields.CharField(max_length=64)
    seen_at: datetime = fields.DatetimeField()

    class Meta:
        table = "auth_local_known_device"
        unique_together = (("user_id", "mark"),)
