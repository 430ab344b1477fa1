"""Links that sign somebody in, made by who runs the machine: the way back in, whatever the auth provider is."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.domain.accounts import check_open
from aethex_live.errors import Forbidden, NotFound
from aethex_live.models import SiteFact, User

if TYPE_CHECKING:
    from aethex_live.clock import Clock
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.audit import Audit

LIFE = timedelta(minutes=15)
PROVIDER = "link"  # what a session says that was opened by one
_PREFIX = "login_link:"
_DEAD = "This link was used already, or its 15 minutes are over. Run `aethex user login-link` again for a new one."


class LoginLinks:
    """Makes and takes one-time links. Only their hashes are kept; both acts are audited."""

    def __init__(self, db: Database, clock: Clock, accounts: Accounts, audit: Audit) -> None:
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._audit = audit

    async def make(self, username: str) -> str:
        """The token of a new link for this account. Raises NotFound, or Forbidden when the account is closed."""
        user = await self._accounts.get(username)
        check_open(user)
        if user.bot_of_id is not None:
            raise Forbidden(f"“{user.username}” is a bot: it signs in with tokens alone.")
        token, now = secrets.token_urlsafe(32), self._clock.now()
        async with self._db.transaction():
            await self._tidy(now)
            await SiteFact.create(key=_key(token), value=f"{user.id} {(now + LIFE).isoformat()}")
            await self._audit.write("login_link.made", actor=None, subject=f"user:{user.id}")
        return token

    async def check(self, token: str) -> None:
        """Raises NotFound when the link is used, old or never was."""
        self._read(await SiteFact.get_or_none(key=_key(token)))

    async def take(self, token: str) -> User:
        """The account of the link, which is used up now. Raises NotFound, or Forbidden when the account is closed."""
        async with self._db.transaction():
            fact = await SiteFact.select_for_update().get_or_none(key=_key(token))
            user = await User.get_or_none(id=self._read(fact))
            if user is None:
                raise NotFound(_DEAD)
            check_open(user)
            await SiteFact.filter(key=_key(token)).delete()
            await self._audit.write("login_link.used", actor=None, subject=f"user:{user.id}")
        return user

    def _read(self, fact: SiteFact | None) -> UUID:
        if fact is None:
            raise NotFound(_DEAD)
        user_id, _, expiry = fact.value.partition(" ")
        if datetime.fromisoformat(expiry) <= self._clock.now():
            raise NotFound(_DEAD)
        return UUID(user_id)

    async def _tidy(self, now: datetime) -> None:
        for fact in await SiteFact.filter(key__startswith=_PREFIX):
            if datetime.fromisoformat(fact.value.partition(" ")[2]) <= now:
                await fact.delete()


def _key(token: str) -> str:
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
    return _PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
