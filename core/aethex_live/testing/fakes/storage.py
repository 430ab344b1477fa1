"""A storage provider in memory."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from aethex_live.clock import Clock, SystemClock
from aethex_live.providers import Conflict, Invalid, NotFound
from aethex_live.providers.storage import StorageCap, StoredObject, UploadTicket
from aethex_live.providers.storage_keys import (
    PUBLIC_PREFIX,
    check_description,
    check_key,
    check_prefix,
    check_range,
)

_SCHEME = "fake-storage:"


@dataclass(frozen=True, slots=True)
class _Kept:
    facts: StoredObject
    data: bytes


@dataclass(slots=True)
class _Upload:
    key: str
    content_type: str
    begun_at: datetime
    parts: dict[int, tuple[str, bytes]] = field(default_factory=dict)


class FakeStorage:
    """Keeps objects in a dictionary. Addresses begin with `fake-storage:`.

    `read_address` and `write_address` answer them; a clock that is moved makes what `expire` names go.
    """

    name = "fake"
    capabilities = frozenset(StorageCap)
    origins: Sequence[str] = ()

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._kept: dict[str, _Kept] = {}
        self._uploads: dict[str, _Upload] = {}
        self._days: dict[str, int] = {}

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
        check_description(content_type, metadata or {}, self.name)
        content = data if isinstance(data, bytes) else b"".join([piece async for piece in data])
        if if_absent and key in self._objects:
            raise Conflict(f"The storage key {key!r} is taken.", provider=self.name, operation="put")
        return self._keep(key, content, content_type, metadata or {})

    async def get(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, as one piece."""
        self._check(key, "get")
        check_range(start, end, self.name)
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
        check_prefix(prefix, self.name, "list")
        for key in sorted(key for key in self._objects if key.startswith(prefix)):
            yield self._objects[key].facts

    def public_url(self, key: str) -> str | None:
        """The lasting address, of keys below `public/` only."""
        self._check(key, "public_url")
        return f"{_SCHEME}{key}" if key.startswith(PUBLIC_PREFIX) else None

    def presign_get(self, key: str, *, ttl: timedelta) -> str:
        """An address that ends after `ttl`."""
        self._check(key, "presign_get")
        return self._address(key, ttl)

    def presign_put(self, key: str, *, size: int, content_type: str, ttl: timedelta) -> UploadTicket:
        """Leave to put an object of exactly `size` bytes and this type."""
        self._check(key, "presign_put")
        check_description(content_type, {}, self.name)
        url = self._address(key, ttl, size=str(size), type=content_type)
        return UploadTicket(
            method="PUT", url=url, headers={"content-type": content_type}, expires_at=self._clock.now() + ttl
        )

    async def start_multipart(self, key: str, *, content_type: str) -> str:
        """Begin an upload in parts."""
        self._check(key, "start_multipart")
        upload = secrets.token_hex(8)
        self._uploads[upload] = _Upload(key, content_type, self._clock.now())
        return upload

    def presign_part(self, key: str, upload_id: str, part: int, *, size: int, ttl: timedelta) -> UploadTicket:
        """Leave to put one part."""
        self._check(key, "presign_part")
        url = self._address(key, ttl, size=str(size), upload=upload_id, part=str(part))
        return UploadTicket(method="PUT", url=url, headers={}, expires_at=self._clock.now() + ttl)

    async def put_part(self, key: str, upload_id: str, part: int, data: bytes) -> str:
        """Put one part ourselves."""
        tag = hashlib.sha256(data).hexdigest()[:32]
        self._upload(key, upload_id).parts[part] = (tag, data)
        return tag

    async def finish_multipart(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """Make the object of these parts."""
        upload = self._upload(key, upload_id)
        sent = [upload.parts.get(number, ("", b"")) for number, _ in sorted(parts)]
        if not parts or any(tag != named for (tag, _), (_, named) in zip(sent, sorted(parts), strict=True)):
            raise Invalid("A part is missing or another.", provider=self.name, operation="finish_multipart")
        del self._uploads[upload_id]
        return self._keep(key, b"".join(data for _, data in sent), upload.content_type, {})

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Forget the parts; an unknown upload is no error."""
        self._uploads.pop(upload_id, None)

    async def expire(self, prefix: str, *, days: int) -> None:
        """Let objects below a prefix go after so many days."""
        check_prefix(prefix, self.name, "expire")
        if days < 1:
            raise Invalid("Files are kept for a day at least.", provider=self.name, operation="expire")
        self._days[prefix] = days

    async def read_address(self, address: str) -> tuple[int, bytes]:
        """What a browser would get from one of our addresses: an HTTP status and the body."""
        key, words = self._opened(address)
        if words is None or (not words and not key.startswith(PUBLIC_PREFIX)):
            return 403, b""
        kept = self._objects.get(key)
        return (200, kept.data) if kept else (404, b"")

    async def write_address(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str]:
        """What a browser would get for sending a body with an upload ticket: an HTTP status and the ETag."""
        key, words = self._opened(address)
        wrong_type = words is not None and "type" in words and headers.get("content-type") != words["type"]
        if not words or method != "PUT" or words.get("size") != str(len(body)) or wrong_type:
            return 403, ""
        if "upload" in words:
            return 200, await self.put_part(key, words["upload"], int(words["part"]), body)
        return 200, self._keep(key, body, words["type"], {}).etag

    async def aclose(self) -> None:
        """There is nothing to give back."""

    @property
    def _objects(self) -> dict[str, _Kept]:
        """What is kept, without what is too old by now."""
        for prefix, days in self._days.items():
            before = self._clock.now() - timedelta(days=days)
            old = [key for key, kept in self._kept.items() if kept.facts.modified_at < before]
            for key in old:
                if key.startswith(prefix):
                    del self._kept[key]
        return self._kept

    def _keep(self, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]) -> StoredObject:
        facts = StoredObject(
            key=key,
            size=len(data),
            etag=hashlib.sha256(data).hexdigest()[:32],
            content_type=content_type,
            modified_at=self._clock.now(),
            metadata=dict(metadata),
        )
        self._objects[key] = _Kept(facts, data)
        return facts

    def _address(self, key: str, ttl: timedelta, **words: str) -> str:
        """An address that nobody can change: the words in it have a sum of their own."""
        until = {"until": str((self._clock.now() + ttl).timestamp())} | words
        return f"{_SCHEME}{key}?{urlencode(until | {'sum': _sum(key, until)})}"

    def _opened(self, address: str) -> tuple[str, dict[str, str] | None]:
        """Key and words of an address; no words at all for a plain one, None for one that is wrong or has ended."""
        parts = urlsplit(address)
        words = dict(parse_qsl(parts.query))
        if not words:
            return parts.path, {}
        right = words.pop("sum", "") == _sum(parts.path, words)
        ended = self._clock.now().timestamp() >= float(words.get("until", "0"))
        return parts.path, None if not right or ended else words

    def _find(self, key: str, operation: str) -> _Kept:
        try:
            return self._objects[key]
        except KeyError:
            raise NotFound(f"There is no stored file {key!r}.", provider=self.name, operation=operation) from None

    def _upload(self, key: str, upload_id: str) -> _Upload:
        upload = self._uploads.get(upload_id)
        if upload is None or upload.key != key:
            raise NotFound(f"There is no upload of {key!r} under way.", provider=self.name, operation="put_part")
        return upload

    def _check(self, key: str, operation: str) -> None:
        check_key(key, self.name, operation)


def _sum(key: str, words: Mapping[str, str]) -> str:
    return hashlib.sha256(f"{key}?{sorted(words.items())}".encode()).hexdigest()[:16]
