"""Invites: links by which so many people may make an account until a day."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.domain.names import check_line
from aethex_live.errors import Invalid, NotFound
from aethex_live.ids import uuid7

from .links import hash_of
from .models import Invite

if TYPE_CHECKING:
    from aethex_live import PluginContext

MOST_USES, MOST_DAYS = 1000, 365
_USE = """
update auth_local_invite set uses_left = uses_left - 1, used = used + 1
where token_hash = $1 and uses_left > 0 and expires_at > $2 and revoked_at is null returning id
"""


class Invites:
    """Makes, shows, takes and revokes invites."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def make(self, actor: Actor, *, uses: int, days: int, note: str = "") -> Invite:
        """A new invite. Raises Invalid about `uses`, `days` or `note`; that it was made is audited."""
        _check_range(uses, 1, MOST_USES, "uses")
        _check_range(days, 1, MOST_DAYS, "days")
        words, invite_id, now = check_line(note, field="note", most=100), uuid7(), self._context.clock.now()
        async with self._context.db.transaction():
            invite = await Invite.create(
                id=invite_id,
                token_hash=hash_of(self._token(invite_id)),
                note=words,
                uses_left=uses,
                made_at=now,
                made_by=actor.user_id,
                expires_at=now + timedelta(days=days),
            )
            await self._audit("invite.made", actor, invite_id)
        return invite

    async def page(self, *, limit: int = 50, before: UUID | None = None) -> list[Invite]:
        """Invites, newest first; `before` is the id of the last one of the page before."""
        rows = Invite.filter(id__lt=before) if before else Invite.all()
        return await rows.order_by("-id").limit(limit)

    def address(self, invite: Invite) -> str:
        """The link to hand out."""
        return f"{self._context.site.url.rstrip('/')}/sign-up?invite={self._token(invite.id)}"

    def is_good(self, invite: Invite) -> bool:
        """Whether somebody can still use it."""
        alive = invite.revoked_at is None and invite.expires_at > self._context.clock.now()
        return alive and invite.uses_left > 0

    async def revoke(self, actor: Actor, invite_id: UUID) -> None:
        """Let an invite admit nobody any more. Raises NotFound."""
        async with self._context.db.transaction():
            row = Invite.filter(id=invite_id, revoked_at__isnull=True)
            if not await row.update(revoked_at=self._context.clock.now()):
                raise NotFound("There is no such invite, or it was revoked already.")
            await self._audit("invite.revoked", actor, invite_id)

    async def use(self, token: str) -> bool:
        """Whether the invite admits one more, who is counted now, in the caller's transaction."""
        return bool(await self._context.db.fetch(_USE, [hash_of(token), self._context.clock.now()]))

    async def _audit(self, action: str, actor: Actor, invite_id: UUID) -> None:
        await self._context.domain.audit.write(action, actor=actor, subject=f"invite:{invite_id}")

    def _token(self, invite_id: UUID) -> str:
        secret = self._context.secrets.derive(f"invite:{invite_id.hex}", 18)
        return base64.urlsafe_b64encode(secret).decode()


def _check_range(value: int, least: int, most: int, field: str) -> None:
    if not least <= value <= most:
        raise Invalid(f"Use a number from {least} to {most}.", field=field)
