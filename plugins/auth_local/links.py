"""One-time links: made for a purpose, mailed, taken once. What is stored opens nothing."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from uuid import UUID

from aethex_live.clock import Clock
from aethex_live.errors import NotFound
from aethex_live.secrets import Secrets

from .models import Link

CONFIRM, RESET, REVERT = "confirm", "reset", "revert"
DEAD = "This link was used already, is too old, or a newer one was sent. Ask for a new one."


class Links:
    """Makes and takes links. A token derives from the site's secret and the row's id, so no job has to carry it."""

    def __init__(self, secrets: Secrets, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    async def make(self, link_id: UUID, purpose: str, user_id: UUID, address: str, life: timedelta) -> str:
        """The token of a new link; again with the same id it is the same link. It replaces others of its purpose,
        except those that take a change back."""
        token, now = self.token(link_id), self._clock.now()
        if purpose != REVERT:
            await Link.filter(purpose=purpose, user_id=user_id).exclude(id=link_id).delete()
        await Link.get_or_create(
            id=link_id,
            defaults={
                "purpose": purpose,
                "user_id": user_id,
                "address": address,
                "token_hash": hash_of(token),
                "made_at": now,
                "expires_at": now + life,
            },
        )
        return token

    def token(self, link_id: UUID) -> str:
        """What stands in the address of a link."""
        return base64.urlsafe_b64encode(self._secrets.derive(f"link:{link_id.hex}")).rstrip(b"=").decode()

    async def check(self, purpose: str, token: str) -> Link:
        """The link of a token, which stays as it is. Raises NotFound when it is used, old, or for something else."""
        return self._alive(await Link.get_or_none(purpose=purpose, token_hash=hash_of(token)))

    async def take(self, purpose: str, token: str) -> Link:
        """The link of a token, used up by the surrounding transaction. Raises NotFound."""
        row = await Link.select_for_update().get_or_none(purpose=purpose, token_hash=hash_of(token))
        link = self._alive(row)
        await Link.filter(id=link.id).delete()
        return link

    async def tidy(self) -> None:
        """Delete links whose time is over."""
        await Link.filter(expires_at__lt=self._clock.now()).delete()

    def _alive(self, link: Link | None) -> Link:
        if link is None or link.expires_at <= self._clock.now():
            raise NotFound(DEAD, code="dead-link")
        return link


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
