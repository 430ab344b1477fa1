"""What email_outbox does by itself: old mails go."""

from __future__ import annotations

import logging
from datetime import timedelta

from aethex_live.jobs import Schedule

from .service import Mails


def retention(mails: Mails, keep_days: int, log: logging.Logger) -> Schedule:
    """The schedule that deletes mails older than `keep_days`."""

    async def tidy() -> None:
        count = await mails.tidy(timedelta(days=keep_days))
        if count:
            log.info("deleted %d mails older than %d days", count, keep_days)

    return Schedule(name="email_outbox.tidy", every=timedelta(hours=1), run=tidy)
