"""The check of an ID token: signature, issuer, audience, times, nonce (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt

from .keys import SigningKey, UnknownKey, choose

LEEWAY_S = 60
OLDEST_S = 600  # it was made for this very exchange
LONGEST_TOKEN = 64 * 1024
LONGEST_HEADER = 16 * 1024  # some issuers put their certificates there
LONGEST_SUB = 255


class BadToken(ValueError):
    """The token does not hold; its text is a word for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to say."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: Sequence[str]
    access_token: str
    now: int


def check(token: object, keys: Sequence[SigningKey], expected: Expected) -> Mapping[str, Any]:
    """The claims of a token that holds. Raises BadToken, and UnknownKey when its key is not among these."""
    if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST_TOKEN:
        raise BadToken("no-token")
    registry = jws.JWSRegistry(algorithms=list(expected.algorithms), strict_check_header=False)
    registry.max_header_length = LONGEST_HEADER
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
        if header.get("alg") not in expected.algorithms:  # before a key is even looked for
            raise BadToken("alg")
        read = jwt.decode(token, choose(keys, header), registry=registry, algorithms=list(expected.algorithms))
        _check_claims(read, expected)
    except (BadToken, UnknownKey):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a crafted token makes its parsers raise
        raise BadToken(str(getattr(error, "error", "") or type(error).__name__)) from None
    return read.claims


def _check_claims(read: jwt.Token, expected: Expected) -> None:
    claims = CodeIDToken(
        read.claims,
        read.header,
        options={
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        },
        params={
            "nonce": expected.nonce,
            "client_id": expected.client_id,
            "access_token": expected.access_token,
        },
    )
    claims.validate(now=expected.now, leeway=LEEWAY_S)
    if expected.now - int(claims["iat"]) > OLDEST_S + LEEWAY_S:
        raise BadToken("old")
    check_sub(claims["sub"])


def check_sub(sub: object) -> str:
    """What an issuer calls somebody: 1 to 255 characters of ASCII. Raises BadToken."""
    if not isinstance(sub, str) or not 1 <= len(sub) <= LONGEST_SUB or not sub.isascii() or not sub.isprintable():
        raise BadToken("sub")
    return sub
