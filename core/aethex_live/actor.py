"""Who is asking: a guest or a signed-in account, as every view, service and socket sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from aethex_live.scopes import Scope

Role = Literal["guest", "member", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person at the other end. Guests have no ids; `name` is what pages show.

    `email_verified`: the account's e-mail address is confirmed.
    `scopes` is None for the person themselves, and what the token may do for a program that shows one; its
    `session_id` is the token's id then, so that a revoked token closes its sockets. `terms` is the version of
    the site's terms that the account accepted. `bot`: the account is a program's, for which a person answers.
    """

    user_id: UUID | None = None
    session_id: UUID | None = None
    username: str = ""
    name: str = ""
    role: Role = "guest"
    email_verified: bool = False
    scopes: frozenset[Scope] | None = None
    terms: int = 0
    bot: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether this is an account rather than a guest."""
        return self.user_id is not None

    @property
    def is_operator(self) -> bool:
        """Whether this account runs the site."""
        return self.role == "operator"

    @property
    def by_token(self) -> bool:
        """Whether a program asks with a token instead of the person."""
        return self.scopes is not None

    def has_scope(self, scope: Scope | None) -> bool:
        """Whether this may be done: a person may all, a token what it was made for; who may read all may read chats."""
        if self.scopes is None or scope in self.scopes:
            return True
        return scope is Scope.CHAT_READ and Scope.READ in self.scopes


GUEST = Actor()
