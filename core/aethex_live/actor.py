"""Who is asking: a guest or a signed-in account, as every view, service and socket sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["guest", "member", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person at the other end. Guests have no ids; `name` is what pages show."""

    user_id: UUID | None = None
    session_id: UUID | None = None
    username: str = ""
    name: str = ""
    role: Role = "guest"

    @property
    def signed_in(self) -> bool:
        """Whether this is an account rather than a guest."""
        return self.user_id is not None

    @property
    def is_operator(self) -> bool:
        """Whether this account runs the site."""
        return self.role == "operator"


GUEST = Actor()
