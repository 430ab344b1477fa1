"""First start: the one-time link by which the operator makes their account."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from aethex_live.errors import NotFound
from aethex_live.models import SiteFact, User

if TYPE_CHECKING:
    from aethex_live.db import Database
    from aethex_live.domain.accounts import Accounts
    from aethex_live.domain.joining import Joining
    from aethex_live.providers.auth import ProvenIdentity

KEY = "setup_token_hash"


class Setup:
    """Makes and takes the set-up token. A new start makes a new one until there is an operator."""

    def __init__(self, db: Database, accounts: Accounts, joining: Joining) -> None:
        self._db = db
        self._accounts = accounts
        self._joining = joining

    async def needed(self) -> bool:
        """Whether the site has no operator yet."""
        return not await User.filter(role="operator", state="active").exists()

    async def new_token(self) -> str | None:
        """A fresh token (older ones end), or None when the site has its operator."""
        if not await self.needed():
            return None
        token = secrets.token_urlsafe(18)
        await SiteFact.update_or_create(key=KEY, defaults={"value": _hash(token)})
        return token

    async def check(self, token: str) -> None:
        """Raises NotFound when the link is used up, replaced or never was."""
        fact = await SiteFact.get_or_none(key=KEY)
        if fact is None or not hmac.compare_digest(fact.value, _hash(token)) or not await self.needed():
            raise NotFound(
                "This set-up link is used up or was replaced. Start the site again: it prints a new one while "
                "there is no operator."
            )

    async def complete(self, token: str, username: str, email: str, password: str) -> User:
        """Make the operator's account. Raises NotFound for a dead link, Invalid about a field."""
        await self.check(token)
        user = await self._accounts.register(username, email, password, role="operator")
        await SiteFact.filter(key=KEY).delete()
        return user

    async def complete_by(self, token: str, proven: ProvenIdentity, username: str, email: str) -> User:
        """Make the operator's account for somebody whom another site proved. Raises as `complete` does."""
        await self.check(token)
        user = await self._joining.register(proven, username, email, operator=True)
        await SiteFact.filter(key=KEY).delete()
        return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
