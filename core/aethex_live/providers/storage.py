"""Contract of a storage provider: named objects with ranges and addresses."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable


class StorageCap(enum.StrEnum):
    """What a storage provider can do."""

    PUBLIC_URL = "public_url"
    PRESIGN_GET = "presign_get"
    CONDITIONAL_PUT = "conditional_put"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """Facts of a stored object; `size` in bytes, `etag` opaque and never an MD5 to compare with."""

    key: str
    size: int
    etag: str
    content_type: str
    modified_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class StorageProvider(Protocol):
    """Keeps objects. Keys are relative paths of a-z 0-9 . _ - and /, at most 400 characters; others raise Invalid."""

    name: str
    capabilities: frozenset[StorageCap]

    async def put(
        self,
        key: str,
        data: bytes | AsyncIterator[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Store whole or not at all. `if_absent` (CONDITIONAL_PUT) raises Conflict when the key is taken."""
        ...

    def get(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces. Raises NotFound while iterating."""
        ...

    async def head(self, key: str) -> StoredObject:
        """Facts of the object. Raises NotFound."""
        ...

    async def delete(self, *keys: str) -> None:
        """Delete; missing keys are no error."""
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """All objects whose key begins with `prefix`, in the order of their keys."""
        ...

    def public_url(self, key: str) -> str | None:
        """PUBLIC_URL: the lasting address of the object; None when it has none."""
        ...

    def presign_get(self, key: str, *, ttl: timedelta) -> str:
        """PRESIGN_GET: an address that works for `ttl`."""
        ...

    async def aclose(self) -> None:
        """Give connections back; called once, at the end."""
        ...
