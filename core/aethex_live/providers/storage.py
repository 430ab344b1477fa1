"""Contract of a storage provider: named objects with ranges and addresses; `storage_keys` has the rules of names."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable


class StorageCap(enum.StrEnum):
    """What a storage provider can do."""

    PUBLIC_URL = "public_url"
    PRESIGN_GET = "presign_get"
    CONDITIONAL_PUT = "conditional_put"
    PRESIGN_PUT = "presign_put"  # keeps `Uploading`
    MULTIPART = "multipart"  # keeps `Multipart`
    LIFECYCLE = "lifecycle"  # keeps `Lifecycle`


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
    origins: Sequence[str]  # other origins than the site's that its addresses lie at, for the content policy

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
        """All objects whose key begins with `prefix`, in the order of their keys.

        A listing may leave `content_type` and `metadata` empty, because vendors do: `head` has them.
        """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTicket:
    """Leave for others to store an object: send `method` to `url` with just these headers, until `expires_at`."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str]
    expires_at: datetime


@runtime_checkable
class Uploading(Protocol):
    """PRESIGN_PUT: browsers store objects without passing through the site. Never touches the network."""

    def presign_put(self, key: str, *, size: int, content_type: str, ttl: timedelta) -> UploadTicket:
        """Leave to put an object of exactly `size` bytes and this type; others are refused by the provider."""
        ...


@runtime_checkable
class Multipart(Protocol):
    """MULTIPART: large objects in parts of 5 MiB to 5 GiB (the last may be smaller), numbered from 1 to 10,000."""

    async def start_multipart(self, key: str, *, content_type: str) -> str:
        """Begin; returns the upload's id."""
        ...

    def presign_part(self, key: str, upload_id: str, part: int, *, size: int, ttl: timedelta) -> UploadTicket:
        """Leave to put one part; its answer has the ETag that `finish_multipart` wants."""
        ...

    async def put_part(self, key: str, upload_id: str, part: int, data: bytes) -> str:
        """Put one part ourselves; returns its ETag."""
        ...

    async def finish_multipart(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """Make the object of these parts (number, ETag). Raises Invalid when one is missing or wrong."""
        ...

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Forget the parts; an unknown upload is no error."""
        ...


@runtime_checkable
class Lifecycle(Protocol):
    """LIFECYCLE: the provider itself deletes what is old."""

    async def expire(self, prefix: str, *, days: int) -> None:
        """Let objects below a prefix be deleted after so many days, and parts of unfinished uploads after one."""
        ...
