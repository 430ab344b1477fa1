"""Rows of auth_local: one secret a subject."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields

from aethex_live.db import Row


class Credential(Row):
    """The Argon2id hash of a subject's password, with its parameters and salt in one text."""

    subject = fields.CharField(max_length=200, unique=True)
    secret: str = fields.TextField()
    changed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "auth_local_credential"
