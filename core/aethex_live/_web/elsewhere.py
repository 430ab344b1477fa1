"""A sign-in elsewhere, between leaving this site and being somebody here: what one browser has begun, for some minutes.

The start is a signed cookie of this very host, so a return that another browser began is nothing here; each start is
taken once. Who was proved and has no account yet stands in the cache, for as long as they choose a name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

import orjson
from quart import Response, request

from aethex_live.providers.auth import ProvenIdentity
from aethex_live.secrets import BadSignature
from aethex_live.web import platform
from aethex_live.web.pages import local_address

Act = Literal["sign-in", "link", "prove", "setup"]
LIFE = timedelta(minutes=10)
NAMING = timedelta(minutes=15)
LONGEST_NEXT = 500
_PURPOSE = "sign-in-with"
_CLAIMS = ("preferred_username", "nickname", "given_name")  # what a suggested name is made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A start: what it is for, with whom, what its return is held against.

    `ticket` is an invitation, or the token of the set-up; `session` is the one that began, where there was one.
    """

    act: Act
    provider: str
    issuer: str
    state: str = ""
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)
    next: str = "/"
    ticket: str = field(default="", repr=False)
    session: str = ""

    @property
    def return_url(self) -> str:
        """Where the issuer sends the browser back to."""
        return f"{platform().site.url}/sign-in/with/{self.provider}/{self.issuer}/return"

    def again(self, state: str) -> Begun:
        """The same wish, begun anew."""
        return replace(self, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who was proved and has no account yet; `session` is the provider's own, where it has one."""

    proven: ProvenIdentity = field(repr=False)
    label: str
    next: str
    ticket: str = field(repr=False)
    setup: bool
    session: str | None = None


def local_or(wanted: str, default: str) -> str:
    """A path of this site that is short enough to be carried around."""
    return (local_address(wanted) if len(wanted) <= LONGEST_NEXT else None) or default


def keep(response: Response, begun: Begun) -> Response:
    """Let this browser, and no other, carry the start."""
    value = platform().secrets.sign(_PURPOSE, orjson.dumps(asdict(begun)), LIFE)
    return _set(response, _name("with"), value, LIFE)


def begun() -> Begun | None:
    """The start that this browser carries; None when there is none, it is late or not ours."""
    value = request.cookies.get(_name("with"), "")
    try:
        return Begun(**orjson.loads(platform().secrets.unsign(_PURPOSE, value))) if value else None
    except (BadSignature, TypeError, ValueError):  # or a start of an older version of this site
        return None


async def take(found: Begun) -> bool:
    """Use a start up; False when it was used already, in whichever tab or process."""
    key = f"sign-in-with:{_hash(found.state)}"
    return bool(await platform().cache.set(key, "1", ex=int(LIFE.total_seconds()) + 60, nx=True))


def forget(response: Response) -> Response:
    """Take the start off this browser."""
    return _drop(response, _name("with"))


def same_state(found: Begun, returned: str) -> bool:
    """Whether a return answers this start."""
    return bool(found.state) and hmac.compare_digest(found.state.encode(), returned.encode("utf-8", "surrogatepass"))


async def keep_newcomer(response: Response, newcomer: Newcomer) -> Response:
    """Remember who was proved until they have chosen a name; only a hash of the cookie is a key."""
    proven, token = newcomer.proven, secrets.token_urlsafe(32)
    claims = {name: proven.claims[name] for name in _CLAIMS if isinstance(proven.claims.get(name), str)}
    kept = {
        "proven": {
            "provider": proven.provider,
            "subject": proven.subject,
            "email": proven.email,
            "email_verified": proven.email_verified,
            "name": proven.name,
            "claims": claims,
        },
        "label": newcomer.label,
        "next": newcomer.next,
        "ticket": newcomer.ticket,
        "setup": newcomer.setup,
        "session": newcomer.session,
    }
    await platform().cache.set(_newcomer_key(token), orjson.dumps(kept), ex=int(NAMING.total_seconds()))
    return _set(response, _name("new"), token, NAMING)


async def newcomer() -> Newcomer | None:
    """Who was proved in this browser and has yet to choose a name."""
    token = request.cookies.get(_name("new"), "")
    kept = await platform().cache.get(_newcomer_key(token)) if token else None
    if kept is None:
        return None
    found: dict[str, Any] = orjson.loads(kept)
    return Newcomer(proven=ProvenIdentity(**found.pop("proven")), **found)


async def forget_newcomer(response: Response) -> Response:
    """The newcomer has an account."""
    await platform().cache.delete(_newcomer_key(request.cookies.get(_name("new"), "")))
    return _drop(response, _name("new"))


def _name(what: str) -> str:
    return f"__Host-aethex-{what}" if platform().site.https else f"aethex-{what}"


def _set(response: Response, name: str, value: str, life: timedelta) -> Response:
    # Lax, because the way back is a plain visit that comes from another site
    response.set_cookie(
        name, value, max_age=life, path="/", httponly=True, samesite="Lax", secure=platform().site.https
    )
    return response


def _drop(response: Response, name: str) -> Response:
    response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=platform().site.https)
    return response


def _newcomer_key(token: str) -> str:
    return f"newcomer:{_hash(token)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
