"""Between password and code: who has shown the first and still owes the second, in one browser, for five minutes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson
from quart import Response, request

from aethex_live.errors import NotFound, Unauthenticated
from aethex_live.models import User
from aethex_live.web import limit, platform

LIFE = timedelta(minutes=5)
WINDOW = timedelta(minutes=10)
COOKIE = "aethex-step"
MOST_TRIES = 5
GONE = "That took too long, or too many codes were wrong. Sign in again."


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in whose password was right."""

    user_id: UUID
    provider: str
    next: str
    provider_session: str | None = None


async def begin(
    response: Response, user: User, provider: str, wanted: str, *, provider_session: str | None = None
) -> Response:
    """Remember the sign-in for this browser; only a hash of its cookie is kept."""
    parts, token = platform(), secrets.token_urlsafe(32)
    kept = orjson.dumps(
        {"user_id": str(user.id), "provider": provider, "next": wanted, "provider_session": provider_session}
    )
    await parts.cache.set(_key(token), kept, ex=int(LIFE.total_seconds()))
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFE.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=parts.site.https,
    )
    return response


async def pending() -> Pending | None:
    """The sign-in that this browser has begun, or None when its time is over."""
    token = request.cookies.get(COOKIE, "")
    kept = await platform().cache.get(_key(token)) if token else None
    if kept is None:
        return None
    found = orjson.loads(kept)
    return Pending(UUID(found["user_id"]), found["provider"], found["next"], found.get("provider_session"))


async def finish(code: str) -> tuple[User, Pending]:
    """The account whose second step this code is; the sign-in is used up.

    Raises Unauthenticated for a wrong code, NotFound when nothing was begun, TooMany after many tries.
    """
    begun = await pending()
    if begun is None:
        raise NotFound(GONE)
    await take_code(begun.user_id, code, count=True)
    user = await User.get_or_none(id=begun.user_id)
    if user is None or not await platform().cache.delete(_key(request.cookies.get(COOKIE, ""))):
        raise NotFound(GONE)
    return user, begun


async def take_code(user_id: UUID, code: str, *, count: bool = False) -> None:
    """Take a code of this account. Raises Unauthenticated, TooMany; `count`: five wrong ones end the sign-in."""
    await limit("second-step", 10, WINDOW, about=str(user_id))
    try:
        await platform().domain.accounts.check_second_step(user_id, code)
    except Unauthenticated:
        if count:
            await _count_wrong()
        raise


async def _count_wrong() -> None:
    cache, key = platform().cache, _key(request.cookies.get(COOKIE, ""))
    wrong = await cache.incr(f"{key}:wrong")
    await cache.expire(f"{key}:wrong", int(LIFE.total_seconds()))
    if int(wrong) >= MOST_TRIES:
        await cache.delete(key)


def forget(response: Response) -> Response:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=platform().site.https)
    return response


def _key(token: str) -> str:
    return f"sign-in:{hashlib.sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()}"
