"""Addresses that get no more mails: they bounced, or their owners called our mails unwanted."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from aethex_live.models import MailStop

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit

Reason = Literal["bounced", "complained"]


class MailStops:
    """Who sends a mail asks `stops` first. An address is stored as a hash alone."""

    def __init__(self, db: Database, clock: Clock, audit: Audit) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit

    async def stop(self, address: str, reason: Reason, provider: str) -> None:
        """Send nothing more to an address."""
        values = {"reason": reason, "provider": provider, "at": self._clock.now()}
        await MailStop.update_or_create(address_hash=hash_of(address), defaults=values)

    async def of(self, address: str | None) -> MailStop | None:
        """Why an address gets no mails, and since when; None when it gets them."""
        return await MailStop.get_or_none(address_hash=hash_of(address)) if address else None

    async def stops(self, address: str) -> bool:
        """Whether mails to this address would be of no use, or unwanted."""
        return await MailStop.exists(address_hash=hash_of(address))

    async def lift(self, address: str, actor: Actor, *, subject: str) -> bool:
        """Send to it again, as an operator decides; False when nothing stood in the way. `subject` is whose it is."""
        async with self._db.transaction():
            gone = await MailStop.filter(address_hash=hash_of(address)).delete()
            if gone:
                await self._audit.write("mails.allowed", actor=actor, subject=subject)
        return bool(gone)

    async def count(self) -> int:
        """How many addresses get no mails."""
        return await MailStop.all().count()


def hash_of(address: str) -> str:
    """What is stored of an address; capitals make no difference."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()
