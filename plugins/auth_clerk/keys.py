"""The public keys of an instance: given in PEM, or fetched once and remembered, so that tokens are read offline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import RSAKey

from aethex_live.clock import Clock
from aethex_live.providers import ProviderError

from .errors import silent

AGAIN_S = 60.0  # a key that nobody knows has the set fetched again, at most once in so many seconds
AFTER_FAILURE_S = 5.0
LONGEST_S = 24 * 3600.0  # that a known key counts while the set can't be had
LEAST_BITS = 2048
MOST = 100
_PARTS = frozenset({"kty", "n", "e"})  # never the private ones


class UnknownKey(LookupError):
    """No key of the instance is the one that a token names."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of a set; `kid` is "" where the set does not name it."""

    kid: str
    key: RSAKey


Fetch = Callable[[], Awaitable[Sequence[SigningKey]]]


class FixedKey:
    """The one key of the settings."""

    def __init__(self, pem: str) -> None:
        """Raises ValueError for what is no public RSA key."""
        try:
            key = RSAKey.import_key(pem.replace("\\n", "\n").strip())
        except Exception:  # noqa: BLE001 - whatever a broken key makes the library raise
            raise ValueError("no public key in PEM") from None
        if key.is_private or _bits(key) < LEAST_BITS:
            raise ValueError("a private key, or one that is too short")
        self._key = key

    async def find(self, kid: object) -> RSAKey:
        """The key, whatever a token calls it."""
        return self._key


class FetchedKeys:
    """The keys of the set. A known key goes on to count while Clerk is away, for a day."""

    def __init__(self, fetch: Fetch, clock: Clock, remember_s: float) -> None:
        """`fetch` raises provider errors."""
        self._fetch = fetch
        self._clock = clock
        self._remember_s = remember_s
        self._keys: Sequence[SigningKey] = ()
        self._fetched_at: float | None = None
        self._not_before = 0.0
        self._failure: ProviderError | None = None
        self._renewing = asyncio.Lock()

    async def find(self, kid: object) -> RSAKey:
        """The key of a token. Raises UnknownKey, and Unavailable where the set can't be had."""
        found = self._known(kid)
        if found is not None and self._age() < self._remember_s:
            return found
        async with self._renewing:  # one asks for all who wait
            found = self._known(kid)
            if (found is None or self._age() >= self._remember_s) and self._may_ask():
                await self._renew()
                found = self._known(kid)
        if found is not None and self._age() < LONGEST_S:
            return found
        if self._failure is not None:
            raise silent("keys", self._failure.code or "", self._failure.retry_after)
        raise UnknownKey

    def _known(self, kid: object) -> RSAKey | None:
        if kid is None:  # then it can be none but the only one
            return self._keys[0].key if len(self._keys) == 1 else None
        return next((one.key for one in self._keys if one.kid == kid), None)

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._clock.monotonic() - self._fetched_at

    def _may_ask(self) -> bool:
        return self._clock.monotonic() >= self._not_before

    async def _renew(self) -> None:
        try:
            self._keys = await self._fetch()
        except ProviderError as error:
            self._failure = error
            self._not_before = self._clock.monotonic() + AFTER_FAILURE_S
            return
        self._failure = None
        self._fetched_at = self._clock.monotonic()
        self._not_before = self._fetched_at + AGAIN_S


def read_set(document: object) -> Sequence[SigningKey]:
    """The keys that sign by RS256. Entries that can't be read are passed over, as the standard asks."""
    rows = document.get("keys") if isinstance(document, dict) else None
    found = [_signing_key(row) for row in rows[:MOST]] if isinstance(rows, list) else []
    return [key for key in found if key is not None]


def _signing_key(row: object) -> SigningKey | None:
    if not isinstance(row, dict) or row.get("kty") != "RSA" or row.get("use", "sig") != "sig":
        return None
    if row.get("alg", "RS256") != "RS256" or not isinstance(row.get("kid", ""), str):
        return None
    try:
        key = RSAKey.import_key(_public(row))
    except Exception:  # noqa: BLE001 - as above
        return None
    return SigningKey(row.get("kid", ""), key) if _bits(key) >= LEAST_BITS else None


def _public(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in _PARTS}


def _bits(key: RSAKey) -> int:
    return key.public_key.key_size
