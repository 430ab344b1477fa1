"""The storage contract over a bucket that speaks S3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from aethex_live.clock import Clock
from aethex_live.providers import Invalid
from aethex_live.providers.calls import Calls
from aethex_live.providers.storage import StorageCap, StoredObject, UploadTicket
from aethex_live.providers.storage_keys import (
    PUBLIC_PREFIX,
    SHOWN,
    check_description,
    check_key,
    check_prefix,
    check_range,
)

from . import lifecycle, reading, uploading
from .bucket import MIB, Bucket
from .client import Client
from .errors import check
from .signing import Signer

LARGEST_PUT = 5 * 1024 * MIB  # bytes in one call, as S3 has it
MOST_PARTS = 10_000
_KEYS_A_CALL = 1000


class S3Storage:
    """Keeps objects in a bucket."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self.name = bucket.provider
        self.capabilities = frozenset(StorageCap) - (frozenset() if bucket.public else {StorageCap.PUBLIC_URL})
        self.origins: Sequence[str] = bucket.origins()
        self.calls = Calls(bucket.provider, clock)
        self._bucket = bucket
        self._clock = clock
        self._client = Client(bucket, self.calls)
        self._signer = Signer(
            base=bucket.base,
            region=bucket.region,
            access_key=bucket.access_key,
            secret_key=bucket.secret_key,
            clock=clock,
            provider=bucket.provider,
        )
        self._changing_rules = asyncio.Lock()

    async def put(
        self,
        key: str,
        data: bytes | AsyncIterator[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Store whole or not at all. Raises Invalid, Conflict (`if_absent`) and what the vendor refuses."""
        self._check(key, "put")
        check_description(content_type, metadata or {}, self.name)
        described = self._described(key, content_type) | {"Metadata": dict(metadata or {})}
        size, etag = await uploading.put(self._client, key, data, described, if_absent=if_absent)
        return StoredObject(
            key=key,
            size=size,
            etag=_plain(etag),
            content_type=content_type,
            modified_at=self._clock.now(),
            metadata=dict(metadata or {}),
        )

    async def get(self, key: str, *, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces. Raises NotFound while iterating."""
        self._check(key, "get")
        check_range(start, end, self.name)
        if start == end:  # no header can ask for nothing
            await self.head(key)
            return
        async for piece in reading.pieces(self._client, key, start, end):
            yield piece

    async def head(self, key: str) -> StoredObject:
        """Facts of the object. Raises NotFound."""
        self._check(key, "head")
        answer = await self._client.ask("head", "head_object", {"Key": key}, about=key)
        check(answer, self._bucket, "head", "ContentLength", "ETag", "LastModified")
        return StoredObject(
            key=key,
            size=answer["ContentLength"],
            etag=_plain(answer["ETag"]),
            content_type=answer.get("ContentType", ""),
            modified_at=answer["LastModified"],
            metadata=answer.get("Metadata", {}),
        )

    async def delete(self, *keys: str) -> None:
        """Delete; missing keys are no error."""
        for key in keys:
            self._check(key, "delete")
        if not self._bucket.deletes_many or len(keys) == 1:
            await asyncio.gather(
                *(self._client.ask("delete", "delete_object", {"Key": key}, about=key) for key in keys)
            )
            return
        for start in range(0, len(keys), _KEYS_A_CALL):
            await self._delete_many(keys[start : start + _KEYS_A_CALL])

    async def _delete_many(self, keys: Sequence[str]) -> None:
        named = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = await self._client.ask("delete", "delete_objects", {"Delete": named})
        # what failed in between is asked for by itself, which raises what is wrong with it
        for failed in answer.get("Errors", []):
            await self._client.ask("delete", "delete_object", {"Key": failed["Key"]}, about=failed["Key"])

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """All objects whose key begins with `prefix`, in the order of their keys; without types and metadata."""
        check_prefix(prefix, self.name, "list")
        asked: dict[str, Any] = {"Prefix": prefix, "MaxKeys": _KEYS_A_CALL}
        while True:
            answer = await self._client.ask("list", "list_objects_v2", asked)
            for found in answer.get("Contents", []):
                check(found, self._bucket, "list", "Key", "Size", "LastModified", "ETag")
                yield _listed(found)
            if not answer.get("IsTruncated"):
                return
            asked["ContinuationToken"] = check(answer, self._bucket, "list", "NextContinuationToken")[
                "NextContinuationToken"
            ]

    def public_url(self, key: str) -> str | None:
        """The lasting address of an object below `public/`, where the bucket has one; else None."""
        self._check(key, "public_url")
        public = self._bucket.public if key.startswith(PUBLIC_PREFIX) else None
        return f"{public}/{key}" if public else None

    def presign_get(self, key: str, *, ttl: timedelta) -> str:
        """An address that works for `ttl`, 1 second to 7 days."""
        return self._signer.url("GET", self._check(key, "presign_get"), ttl)

    def presign_put(self, key: str, *, size: int, content_type: str, ttl: timedelta) -> UploadTicket:
        """Leave to put an object of exactly `size` bytes and this type; the length is signed, and browsers send it."""
        self._check(key, "presign_put")
        check_description(content_type, {}, self.name)
        self._check_size(size, least=0)
        headers = _as_headers(self._described(key, content_type))
        url = self._signer.url("PUT", key, ttl, headers=headers | {"content-length": str(size)})
        return UploadTicket(method="PUT", url=url, headers=headers, expires_at=self._clock.now() + ttl)

    async def start_multipart(self, key: str, *, content_type: str) -> str:
        """Begin an upload in parts; returns its id."""
        self._check(key, "start_multipart")
        check_description(content_type, {}, self.name)
        return await uploading.start(self._client, key, self._described(key, content_type))

    def presign_part(self, key: str, upload_id: str, part: int, *, size: int, ttl: timedelta) -> UploadTicket:
        """Leave to put one part of exactly `size` bytes; its answer has the ETag that `finish_multipart` wants."""
        self._check_part(key, part)
        self._check_size(size, least=1)
        query = {"partNumber": str(part), "uploadId": upload_id}
        url = self._signer.url("PUT", key, ttl, query=query, headers={"content-length": str(size)})
        return UploadTicket(method="PUT", url=url, headers={}, expires_at=self._clock.now() + ttl)

    async def put_part(self, key: str, upload_id: str, part: int, data: bytes) -> str:
        """Put one part ourselves; returns its ETag."""
        self._check_part(key, part)
        return await uploading.put_part(self._client, key, upload_id, part, data)

    async def finish_multipart(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """Make the object of these parts. Raises Invalid when one is missing or wrong, NotFound for no such upload."""
        self._check(key, "finish_multipart")
        if not parts:
            raise self._invalid("finish_multipart", "An upload has at least one part.")
        await uploading.finish(self._client, key, upload_id, sorted(parts), {})
        return await self.head(key)

    async def abort_multipart(self, key: str, upload_id: str) -> None:
        """Forget the parts; an unknown upload is no error."""
        await uploading.abort(self._client, self._check(key, "abort_multipart"), upload_id)

    async def expire(self, prefix: str, *, days: int) -> None:
        """Let objects below a prefix be deleted after so many days, and parts of unfinished uploads after one."""
        check_prefix(prefix, self.name, "expire")
        if days < 1:
            raise self._invalid("expire", "Files are kept for a day at least.")
        async with self._changing_rules:
            await lifecycle.expire(self._client, prefix, days)

    async def aclose(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    def _described(self, key: str, content_type: str) -> dict[str, Any]:
        """What is stored with an object, and sent to browsers with it."""
        shown = content_type in SHOWN or content_type.startswith(("audio/", "video/"))
        described = {"ContentType": content_type}
        if key.startswith(PUBLIC_PREFIX):
            described["CacheControl"] = f"public, max-age={self._bucket.public_cache_s}"
        return described if shown else described | {"ContentDisposition": "attachment"}

    def _check(self, key: str, operation: str) -> str:
        return check_key(key, self.name, operation)

    def _check_part(self, key: str, part: int) -> None:
        self._check(key, "put_part")
        if not 1 <= part <= MOST_PARTS:
            raise self._invalid("put_part", f"Parts are numbered from 1 to {MOST_PARTS:,}, not {part}.")

    def _check_size(self, size: int, *, least: int) -> None:
        if not least <= size <= LARGEST_PUT:
            raise self._invalid("sign", f"One call takes {least} to {LARGEST_PUT:,} bytes, not {size:,}.")

    def _invalid(self, operation: str, sentence: str) -> Invalid:
        return Invalid(sentence, provider=self.name, operation=operation)


def _listed(found: Mapping[str, Any]) -> StoredObject:
    return StoredObject(
        key=found["Key"],
        size=found["Size"],
        etag=_plain(found["ETag"]),
        content_type="",
        modified_at=found["LastModified"],
    )


def _as_headers(described: Mapping[str, str]) -> dict[str, str]:
    names = {
        "ContentType": "content-type",
        "CacheControl": "cache-control",
        "ContentDisposition": "content-disposition",
    }
    return {names[name]: value for name, value in described.items()}


def _plain(etag: str) -> str:
    """An ETag without the quotes of its header."""
    return etag.strip('"')
