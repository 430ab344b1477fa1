"""Addresses for one person and a few minutes: a customer's portal, a payee's onboarding (which holds once)."""

from __future__ import annotations

import secrets
from datetime import timedelta

from aethex_live.errors import NotFound as NoPage

from .desk import Desk
from .models import Link

LIVES = timedelta(minutes=10)
PORTAL, ONBOARDING = "portal", "onboarding"


class Links:
    """Makes them and looks them up."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def make(self, kind: str, subject: str, return_url: str, refresh_url: str = "") -> str:
        """The token of a new one; those that are long over go."""
        async with self._desk.changing():
            now = await self._desk.now()
            await Link.filter(expires_at__lt=now - timedelta(days=1)).delete()
            link = await Link.create(
                token=secrets.token_urlsafe(24),
                kind=kind,
                subject=subject,
                return_url=return_url,
                refresh_url=refresh_url,
                expires_at=now + LIVES,
            )
        return link.token

    async def get(self, kind: str, token: str) -> tuple[Link, bool]:
        """One, and whether it holds. Raises NotFound for what was never one, or is long over."""
        self._desk.db.bind()
        link = await Link.get_or_none(token=token[:64], kind=kind)
        if link is None:
            raise NoPage("This address is not known. Go back to the site and open it from there.")
        return link, link.used_at is None and link.expires_at > await self._desk.now()

    async def open(self, kind: str, token: str) -> Link:
        """One that holds. Raises NotFound otherwise."""
        link, holds = await self.get(kind, token)
        if not holds:
            raise NoPage("This address is over. Go back to the site and open it from there.")
        return link

    async def use(self, link: Link) -> None:
        """It holds no more."""
        link.used_at = await self._desk.now()
        await link.save()
