"""Hooks of accounts: who proves identities, what happens around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.events import Recorded
    from aethex_live.providers import Offer
    from aethex_live.providers.auth import AuthProvider


@spec("collect")
def auth_providers() -> Sequence[Offer[AuthProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """Auth providers on offer."""


@spec("notify")
async def user_registered(event: Recorded) -> None:
    """An account was made; payload of `events.types.UserRegistered`."""


@spec("notify")
async def user_signed_in(event: Recorded) -> None:
    """A session was opened; payload of `events.types.UserSignedIn`."""


@spec("notify")
async def user_deleted(event: Recorded) -> None:
    """An account is deleted for good; payload of `events.types.UserDeleted`. Remove what is kept about the person.

    Its row stays, without a name, so that rows with a foreign key to it can still be found. A plugin that must not
    miss it reads `user.deleted` by a consumer with `catch_up` instead.
    """


# it asks the database once for a whole page, which the usual 50 ms of a fold do not allow for
@spec("fold", limit=0.5)
async def describe_users(people: dict[UUID, dict[str, object]]) -> dict[UUID, dict[str, object]] | None:
    """Add to what pages show of people: each value has `name`, may get `avatar` (an address), `bio`, `banner`
    and `banner_alt`."""
