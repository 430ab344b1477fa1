"""Settings of email_outbox."""

from __future__ import annotations

from pydantic import Field

from aethex_live import PluginSettings


class EmailOutboxSettings(PluginSettings):
    """How long mails are kept."""

    keep_days: int = Field(30, ge=1, le=3650, description="days for which a mail is kept")
