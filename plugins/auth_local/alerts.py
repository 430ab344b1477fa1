"""Telling people of sign-ins from a browser or network that is new to their account."""

from __future__ import annotations

import hmac
import ipaddress
import re
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.models import Session
from aethex_live.web.devices import device_of

from .models import KnownDevice
from .post import Post

if TYPE_CHECKING:
    from aethex_live import PluginContext

_NUMBERS = re.compile(r"[\d._]+")


class Alerts:
    """Knows the combinations of browser and network of each account, as keyed hashes."""

    def __init__(self, context: PluginContext, post: Post, *, on: bool) -> None:
        self._context = context
        self._post = post
        self._on = on
        self._key = context.secrets.derive("known devices")

    async def signed_in(self, user_id: UUID, session_id: UUID) -> None:
        """Remember how somebody signed in, and mail them when it is new. The very first way is told to nobody."""
        session = await Session.get_or_none(id=session_id)
        if session is None:
            return
        mark, now = self._mark(session), self._context.clock.now()
        async with self._context.db.transaction():
            if await KnownDevice.filter(user_id=user_id, mark=mark).update(seen_at=now):
                return
            is_first = not await KnownDevice.exists(user_id=user_id)
            await KnownDevice.create(user_id=user_id, mark=mark, seen_at=now)
            if self._on and not is_first:
                await self._tell(user_id, session)

    async def _tell(self, user_id: UUID, session: Session) -> None:
        await self._post.tell(
            user_id,
            "device",
            device=device_of(session.user_agent),
            address=session.address or "an unknown address",
            when=f"{session.created_at:%Y-%m-%d %H:%M} UTC",
        )

    def _mark(self, session: Session) -> str:
        """Without the browser's version, which changes each month, and without the host's part of the address."""
        browser = _NUMBERS.sub("", session.user_agent)
        text = f"{browser}\n{network_of(session.address)}"
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def network_of(address: str) -> str:
    """The network that an address is in: 24 bits of IPv4, 48 of IPv6; what is no address stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))
