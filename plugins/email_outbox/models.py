"""Rows of email_outbox: one a mail."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields

from aethex_live.db import Row


class Mail(Row):
    """A mail that would have been sent; ids sort by the time at which it came."""

    to = fields.CharField(max_length=254)
    subject = fields.CharField(max_length=998)  # the longest line of a mail, RFC 5322
    text: str = fields.TextField()
    html: str | None = fields.TextField(null=True)
    reply_to = fields.CharField(max_length=254, null=True)
    headers: dict[str, str] = fields.JSONField(default=dict)
    idempotency_key = fields.CharField(max_length=200, unique=True)
    created_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "email_outbox_mail"
