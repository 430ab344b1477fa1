"""Bytes on their way to the vendor: small ones in one call, large ones in parts, never a whole file in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from aethex_live.providers import NotFound, ProviderError

from .client import Client
from .errors import check

PART_S = 120.0  # for a part on a slow line
FINISH_S = 120.0  # the vendor puts many parts together
AT_ONCE = 2  # parts of a file under way beside the one that is gathered
_ABORT_S = 10.0
log = logging.getLogger(__name__)


async def put(
    client: Client, key: str, data: bytes | AsyncIterator[bytes], described: Mapping[str, Any], *, if_absent: bool
) -> tuple[int, str]:
    """Store whole or not at all; returns size and ETag. `described` are the SDK's arguments of type and metadata."""
    condition = {"IfNoneMatch": "*"} if if_absent else {}
    source = chunks(data, client.bucket.part_bytes)
    first = await anext(source, b"")
    second = await anext(source, None) if len(first) == client.bucket.part_bytes else None
    if second is None:
        # a repeated conditional put would find its own first attempt and call it somebody else's
        asked = {"Key": key, "Body": first, **described, **condition}
        answer = await client.ask("put", "put_object", asked, about=key, repeatable=not if_absent, timeout_s=PART_S)
        return len(first), str(check(answer, client.bucket, "put", "ETag")["ETag"])
    return await _Parts(client, key, described).put(first, second, source, condition)


async def chunks(data: bytes | AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The bytes in pieces of exactly `size`, the last one smaller; one vendor wants all parts alike."""
    if isinstance(data, bytes | bytearray | memoryview):
        for start in range(0, len(data), size):
            yield bytes(data[start : start + size])
        return
    gathered = bytearray()
    async for piece in data:
        gathered += piece
        while len(gathered) >= size:
            yield bytes(gathered[:size])
            del gathered[:size]
    if gathered:
        yield bytes(gathered)


class _Parts:
    """One upload in parts; whatever goes wrong, what was sent is given up."""

    def __init__(self, client: Client, key: str, described: Mapping[str, Any]) -> None:
        self._client = client
        self._key = key
        self._described = described
        self._upload = ""
        self._size = 0
        self._tags: dict[int, str] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def put(
        self, first: bytes, second: bytes, rest: AsyncIterator[bytes], condition: Mapping[str, Any]
    ) -> tuple[int, str]:
        """Send all parts, then make the object of them."""
        self._upload = await start(self._client, self._key, self._described)
        try:
            await self._send_all(first, second, rest)
            parts = sorted(self._tags.items())
            return self._size, await finish(self._client, self._key, self._upload, parts, condition)
        except BaseExceptionGroup as group:
            await self._give_up()
            raise _first(group) from None
        except BaseException:
            await self._give_up()
            raise

    async def _send_all(self, first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number, data in enumerate((first, second), 1):
                await self._send(tasks, number, data)
            number = 2
            async for data in rest:
                number += 1
                await self._send(tasks, number, data)

    async def _send(self, tasks: asyncio.TaskGroup, number: int, data: bytes) -> None:
        await self._room.acquire()
        self._size += len(data)
        tasks.create_task(self._part(number, data))

    async def _part(self, number: int, data: bytes) -> None:
        try:
            self._tags[number] = await put_part(self._client, self._key, self._upload, number, data)
        finally:
            self._room.release()

    async def _give_up(self) -> None:
        """Let the vendor forget the parts; what can't be reached now goes by the bucket's lifecycle."""
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(_ABORT_S):
                await abort(self._client, self._key, self._upload)
                return
        log.warning("parts of %s stay in the bucket %s until its lifecycle", self._key, self._client.bucket.name)


async def start(client: Client, key: str, described: Mapping[str, Any]) -> str:
    """Begin an upload in parts; returns its id."""
    answer = await client.ask("put", "create_multipart_upload", {"Key": key, **described}, about=key)
    return str(check(answer, client.bucket, "put", "UploadId")["UploadId"])


async def put_part(client: Client, key: str, upload: str, number: int, data: bytes) -> str:
    """Send one part; returns its ETag."""
    asked = {"Key": key, "UploadId": upload, "PartNumber": number, "Body": data}
    answer = await client.ask("put", "upload_part", asked, about=key, timeout_s=PART_S)
    return str(check(answer, client.bucket, "put", "ETag")["ETag"])


async def finish(
    client: Client, key: str, upload: str, parts: list[tuple[int, str]], condition: Mapping[str, Any]
) -> str:
    """Make the object of its parts; returns its ETag. Raises Invalid for parts that were not sent, NotFound."""
    numbered = [{"PartNumber": number, "ETag": tag} for number, tag in parts]
    asked = {"Key": key, "UploadId": upload, "MultipartUpload": {"Parts": numbered}, **condition}
    # not repeated when it has a condition, for which it would be its own obstacle
    answer = await client.ask(
        "put", "complete_multipart_upload", asked, about=key, repeatable=not condition, timeout_s=FINISH_S
    )
    return str(check(answer, client.bucket, "put", "ETag")["ETag"])


async def abort(client: Client, key: str, upload: str) -> None:
    """Forget the parts of an upload; an unknown one is no error."""
    with suppress(NotFound):
        await client.ask("abort", "abort_multipart_upload", {"Key": key, "UploadId": upload}, about=key)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that came first; others are its consequences."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
