"""The public keys of an issuer, as its key set tells them (RFC 7517)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

MOST = 100
# a symmetric key in a public set would be no secret, so "oct" is not read at all
_PUBLIC = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class UnknownKey(LookupError):
    """No key of the set is the one that a token names: the set may be old."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and what its set says of it; "" where it says nothing."""

    kid: str
    alg: str
    key: Key


def read(document: Mapping[str, Any]) -> Sequence[SigningKey]:
    """The keys that sign. Entries that can't be read are passed over, as the standard asks."""
    rows = document.get("keys")
    found = [_signing_key(row) for row in rows[:MOST]] if isinstance(rows, list) else []
    return [key for key in found if key is not None]


def choose(keys: Sequence[SigningKey], header: Mapping[str, Any]) -> Key:
    """The key of a token: the one that it names, or the only one. Raises UnknownKey."""
    kid, alg = header.get("kid"), header.get("alg")
    fitting = [key for key in keys if not key.alg or key.alg == alg]
    if kid is not None:
        fitting = [key for key in fitting if key.kid == kid]
    elif len(keys) != 1:
        raise UnknownKey("the token names no key, and the set has several")
    if not fitting:
        raise UnknownKey("the set does not have the key")
    return fitting[0].key


def _signing_key(row: object) -> SigningKey | None:
    if not isinstance(row, dict) or row.get("kty") not in _PUBLIC or row.get("use", "sig") != "sig":
        return None
    try:
        key = import_key({name: value for name, value in row.items() if name in _PARTS})
    except Exception:  # noqa: BLE001 - whatever a broken key makes the library raise
        return None
    return SigningKey(str(row.get("kid") or ""), str(row.get("alg") or ""), key)


_PARTS = frozenset({"kty", "n", "e", "crv", "x", "y"})  # never the private ones
