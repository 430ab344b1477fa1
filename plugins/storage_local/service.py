"""The storage provider "local": the contract over the disk, with its file work in threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from aethex_live.clock import Clock
from aethex_live.providers.storage import StorageCap, StoredObject
from aethex_live.providers.storage_keys import check_description, check_key, check_prefix, check_range

from .disk import Disk
from .errors import PROVIDER, disk_errors
from .links import Links
from .sidecar import Facts
from .upload import Upload

PIECE = 256 * 1024  # bytes read at a time


class LocalStorage:
    """Keeps objects in a folder of this machine."""

    name = PROVIDER
    capabilities = frozenset({StorageCap.PUBLIC_URL, StorageCap.PRESIGN_GET, StorageCap.CONDITIONAL_PUT})
    origins: Sequence[str] = ()  # its addresses are paths of this site

    def __init__(self, disk: Disk, links: Links, clock: Clock) -> None:
        self._disk = disk
        self._links = links
        self._clock = clock

    async def put(
        self,
        key: str,
        data: bytes | AsyncIterator[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Store whole or not at all. Raises Invalid, Conflict (`if_absent`) or Unavailable (disk full)."""
        check_key(key, PROVIDER, "put")
        check_description(content_type, metadata or {}, PROVIDER)
        upload = await asyncio.to_thread(self._disk.begin, key)
        try:
            async for piece in _pieces(data):
                await asyncio.to_thread(upload.write, piece)
            facts = await _commit(upload, content_type, self._clock.now().timestamp(), metadata or {}, if_absent)
        except BaseException:
            upload.abort()
            raise
        return _stored(key, facts)

    async def get(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces. Raises NotFound while iterating."""
        check_key(key, PROVIDER, "get")
        check_range(start, end, PROVIDER)
        stored, file = await self.open(key)
        with file:
            async for piece in read_pieces(file, start, stored.size if end is None else min(end, stored.size)):
                yield piece

    async def open(self, key: str) -> tuple[StoredObject, BinaryIO]:
        """Facts and bytes that belong together, whatever is stored meanwhile; the caller closes."""
        file, facts = await asyncio.to_thread(self._disk.open, check_key(key, PROVIDER, "get"))
        return _stored(key, facts), file

    async def head(self, key: str) -> StoredObject:
        """Facts of the object. Raises NotFound."""
        check_key(key, PROVIDER, "head")
        return _stored(key, await asyncio.to_thread(self._disk.facts, key, "head"))

    async def delete(self, *keys: str) -> None:
        """Delete; missing keys are no error."""
        for key in keys:
            check_key(key, PROVIDER, "delete")
        for key in keys:
            await asyncio.to_thread(self._disk.delete, key)

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """All objects whose key begins with `prefix`, in the order of their keys."""
        check_prefix(prefix, PROVIDER, "list")
        for key in await asyncio.to_thread(self._disk.keys, prefix):
            facts = await asyncio.to_thread(self._disk.find, key)
            if facts is not None:  # else deleted since the folder was read
                yield _stored(key, facts)

    def public_url(self, key: str) -> str | None:
        """The lasting address of an object below `public/`; None for all others."""
        return self._links.public(check_key(key, PROVIDER, "public_url"))

    def presign_get(self, key: str, *, ttl: timedelta) -> str:
        """An address that works for `ttl`."""
        return self._links.presigned(check_key(key, PROVIDER, "presign_get"), ttl)

    async def aclose(self) -> None:
        """There is nothing to give back."""


async def read_pieces(file: BinaryIO, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from `start` up to but without `end`."""
    file.seek(start)
    while start < end:
        with disk_errors("get"):
            piece = await asyncio.to_thread(file.read, min(end - start, PIECE))
        if not piece:
            return
        start += len(piece)
        yield piece


async def _pieces(data: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(data, bytes | bytearray | memoryview):
        yield bytes(data)
        return
    async for piece in data:
        yield piece


async def _commit(
    upload: Upload, content_type: str, modified: float, metadata: Mapping[str, str], if_absent: bool
) -> Facts:
    """Commit in a thread; a cancelled caller waits for its end, as a thread can't be stopped half-way."""
    work = asyncio.ensure_future(
        asyncio.to_thread(
            upload.commit,
            content_type=content_type,
            modified=modified,
            metadata=metadata,
            if_absent=if_absent,
        )
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def _stored(key: str, facts: Facts) -> StoredObject:
    return StoredObject(
        key=key,
        size=facts.size,
        etag=facts.etag,
        content_type=facts.content_type,
        modified_at=datetime.fromtimestamp(facts.modified, UTC),
        metadata=facts.metadata,
    )
