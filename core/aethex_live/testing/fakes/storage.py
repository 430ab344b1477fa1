"""A storage provider in memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from aethex_live.clock import Clock, SystemClock
from aethex_live.providers import Conflict, Invalid, NotFound
from aethex_live.providers.storage import StorageCap, StoredObject

MOST_CHARACTERS = 400
_SEGMENT = re.compile(r"[a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class _Kept:
    facts: StoredObject
    data: bytes


class FakeStorage:
    """Keeps objects in a dictionary. Addresses begin with `fake-storage:`; `read_address` answers them."""

    name = "fake"
    capabilities = frozenset(StorageCap)

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._objects: dict[str, _Kept] = {}

    async def put(
        self,
        key: str,
        data: bytes | AsyncIterator[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Store whole or not at all."""
        self._check(key, "put")
        content = data if isinstance(data, bytes) else b"".join([piece async for piece in data])
        if if_absent and key in self._objects:
            raise Conflict(f"The storage key {key!r} is taken.", provider=self.name, operation="put")
        facts = StoredObject(
            key=key,
            size=len(content),
            etag=hashlib.sha256(content).hexdigest()[:32],
            content_type=content_type,
            modified_at=self._clock.now(),
            metadata=dict(metadata or {}),
        )
        self._objects[key] = _Kept(facts, content)
        return facts

    async def get(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, as one piece."""
        self._check(key, "get")
        if start < 0 or (end is not None and end < start):
            raise Invalid(f"There is no range {start} to {end}.", provider=self.name, operation="get")
        piece = self._find(key, "get").data[start:end]
        if piece:
            yield piece

    async def head(self, key: str) -> StoredObject:
        """Facts of the object."""
        self._check(key, "head")
        return self._find(key, "head").facts

    async def delete(self, *keys: str) -> None:
        """Delete; missing keys are no error."""
        for key in keys:
            self._check(key, "delete")
        for key in keys:
            self._objects.pop(key, None)

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """All objects whose key begins with `prefix`, in the order of their keys."""
        if prefix:
            self._check(prefix.removesuffix("/"), "list")
        for key in sorted(key for key in self._objects if key.startswith(prefix)):
            yield self._objects[key].facts

    def public_url(self, key: str) -> str | None:
        """The lasting address, of keys below `public/` only."""
        self._check(key, "public_url")
        return f"fake-storage:{key}" if key.startswith("public/") else None

    def presign_get(self, key: str, *, ttl: timedelta) -> str:
        """An address that ends after `ttl`."""
        self._check(key, "presign_get")
        return f"fake-storage:{key}?until={(self._clock.now() + ttl).timestamp()}"

    async def read_address(self, address: str) -> tuple[int, bytes]:
        """What a browser would get from one of our addresses: an HTTP status and the body."""
        parts = urlsplit(address)
        until = parse_qs(parts.query).get("until")
        if until is None and not parts.path.startswith("public/"):
            return 403, b""
        if until is not None and self._clock.now().timestamp() >= float(until[0]):
            return 403, b""
        kept = self._objects.get(parts.path)
        return (200, kept.data) if kept else (404, b"")

    async def aclose(self) -> None:
        """There is nothing to give back."""

    def _find(self, key: str, operation: str) -> _Kept:
        try:
            return self._objects[key]
        except KeyError:
            raise NotFound(f"There is no stored file {key!r}.", provider=self.name, operation=operation) from None

    def _check(self, key: str, operation: str) -> None:
        legal = 0 < len(key) <= MOST_CHARACTERS and all(
            _SEGMENT.fullmatch(part) and part.strip(".") for part in key.split("/")
        )
        if not legal:
            raise Invalid(f"The storage key {key[:80]!r} is not legal.", provider=self.name, operation=operation)
