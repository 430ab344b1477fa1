"""The check of a session token: who it is of, for how long, and that it was made for a page of this site."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from joserfc import jws
from joserfc.jwk import RSAKey

from .keys import UnknownKey

ALGORITHM = "RS256"
LEEWAY_S = 5
LONGEST_TOKEN = 16 * 1024
_LATEST = 253_402_300_800  # the first second of the year 10000: no time that we can say
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
USER = re.compile(r"user_[A-Za-z0-9]{1,100}")
SESSION = re.compile(r"sess_[A-Za-z0-9]{1,100}")


class BadToken(ValueError):
    """The token does not hold; its text is a word for the log."""


class Keys(Protocol):
    """Where the key of a token comes from."""

    async def find(self, kid: object) -> RSAKey:
        """Raises UnknownKey, Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to say: who made it, and for pages of which origins."""

    issuer: str
    parties: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token that holds says. `verified_at`: when a first factor was shown last; None where it does not say."""

    user: str
    session: str
    expires_at: datetime
    verified_at: datetime | None


async def check(token: str, keys: Keys, expected: Expected, now: float) -> Claims:
    """The claims of a token that holds. Raises BadToken, and Unavailable when its key can't be had."""
    if len(token) > LONGEST_TOKEN or not _TOKEN.fullmatch(token) or not all(map(_is_plain, token.split("."))):
        raise BadToken("no-token")
    registry = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
    header, claims = _read(token, registry)
    if header.get("alg") != ALGORITHM or "crit" in header or header.get("typ", "JWT") != "JWT":
        raise BadToken("alg")  # before a key is even looked for
    _check_claims(claims, expected, now)  # cheap, and a token of another instance has nobody asked for its key
    try:
        key = await keys.find(header.get("kid"))
    except UnknownKey:
        raise BadToken("key") from None
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except Exception:  # noqa: BLE001 - whatever a crafted token makes its parsers raise
        raise BadToken("signature") from None
    issued = float(claims["iat"])
    return Claims(
        user=claims["sub"],
        session=claims["sid"],
        expires_at=datetime.fromtimestamp(float(claims["exp"]), UTC),
        verified_at=_verified_at(claims.get("fva"), issued),
    )


def _is_plain(part: str) -> bool:
    """Whether it is base64 as one writes it: other spellings of the same bytes are refused."""
    try:
        return (
            base64.urlsafe_b64encode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))).decode().rstrip("=")
            == part
        )
    except ValueError:
        return False


def _read(token: str, registry: jws.JWSRegistry) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        parts = jws.extract_compact(token.encode(), registry=registry)
        header, claims = parts.headers(), orjson.loads(parts.payload)
    except Exception:  # noqa: BLE001 - as above
        raise BadToken("no-token") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadToken("no-token")
    return header, claims


def _check_claims(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    if claims.get("iss") != expected.issuer:
        raise BadToken("iss")
    _check_times(claims, now)
    for name, shape in (("sub", USER), ("sid", SESSION)):
        value = claims.get(name)
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise BadToken(name)
    status = claims.get("sts", "active")  # older tokens do not say it
    if status != "active":
        raise BadToken("pending" if status == "pending" else "sts")
    if not _is_of_us(claims.get("azp"), expected):
        raise BadToken("azp")
    if not _is_for_us(claims.get("aud"), expected):
        raise BadToken("aud")
    if claims.get("act") is not None:
        raise BadToken("impersonation")


def _is_of_us(party: object, expected: Expected) -> bool:
    """Whether the page that asked for the token is ours; some tokens do not say which it was."""
    return party is None or (isinstance(party, str) and party in expected.parties)


def _is_for_us(audience: object, expected: Expected) -> bool:
    """Session tokens name no audience; one that was added may be this site, and nobody else."""
    named = audience if isinstance(audience, list) else [audience]
    return audience is None or any(isinstance(one, str) and one in expected.parties for one in named)


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    until, since, issued = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if now >= until + LEEWAY_S:
        raise BadToken("expired")
    if since > now + LEEWAY_S or issued > now + LEEWAY_S:
        raise BadToken("early")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise BadToken(name)
    return float(value)


def _verified_at(ages: object, issued: float) -> datetime | None:
    """From `fva`, the ages of both factors in minutes as of the token; -1: that one was never shown."""
    if not isinstance(ages, list) or not ages or isinstance(ages[0], bool) or not isinstance(ages[0], int):
        return None
    seconds = issued - 60.0 * ages[0] if ages[0] >= 0 else 0.0
    return datetime.fromtimestamp(max(0.0, math.floor(seconds)), UTC)
