"""What the views share."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Response

from aethex_live.models import User
from aethex_live.web import current_actor, limit, redirect_to, say

SECURITY = "/settings#security"
TEN_MINUTES = timedelta(minutes=10)
AN_HOUR = timedelta(hours=1)


class TokenForm(BaseModel):
    """A form that carries the token of a link."""

    t: str = Field(default="", max_length=200)


def user_id() -> UUID:
    """The account that asks."""
    found = current_actor().user_id
    assert found is not None, "the guard lets signed-in people through only"
    return found


async def me() -> User:
    """The row of the account that asks."""
    return await User.get(id=user_id())


async def limit_links() -> None:
    """So many links an address of the net may open; guessing one is hopeless long before."""
    await limit("auth_local.link", 60, TEN_MINUTES)


async def limit_forgot(address: str, client: str) -> None:
    """How often links for passwords are asked for: by one visitor, and for one address."""
    await limit("auth_local.forgot", 20, AN_HOUR, about=client)
    await limit("auth_local.forgot-address", 3, AN_HOUR, about=address.strip().lower())


def back(text: str, tone: str = "ok", to: str = SECURITY) -> Response:
    """Back to the settings, with a sentence."""
    return say(redirect_to(to), text, tone)
