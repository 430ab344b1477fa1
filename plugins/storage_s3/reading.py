"""Bytes on their way from the vendor: in pieces, and taken up again where an answer breaks off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aethex_live.providers import Conflict, Invalid, ProviderError, Unavailable

from .client import Client
from .errors import check, strange

PIECE = 256 * 1024  # bytes read at a time
_TRIES = 3  # answers in a row that break off without a byte


async def pieces(client: Client, key: str, start: int, end: int | None) -> AsyncIterator[bytes]:
    """The bytes from `start` up to but without `end`; of one and the same object, however often it breaks off.

    Raises NotFound, and Unavailable when it breaks off for good or was replaced meanwhile.
    """
    etag, empty_answers = "", 0
    while end is None or start < end:
        answer = await _open(client, key, start, end, etag)
        if answer is None:
            return  # the range lies behind the end
        body, etag, before = answer["Body"], str(answer["ETag"]), start
        end = start + int(answer["ContentLength"])
        try:
            while start < end:
                piece = await client.read(body, min(PIECE, end - start), key)
                start += len(piece)
                yield piece
        except Unavailable:
            empty_answers = empty_answers + 1 if start == before else 0
            if empty_answers == _TRIES:
                raise
        finally:
            body.close()


async def _open(client: Client, key: str, start: int, end: int | None, etag: str) -> dict[str, Any] | None:
    """The answer that begins at `start`; None when the object ends before."""
    asked: dict[str, str] = {"Key": key}
    if start or end is not None:
        asked["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
    if etag:
        asked["IfMatch"] = etag
    try:
        answer = await client.ask("get", "get_object", asked, about=key)
    except Invalid as refused:
        if refused.code == "InvalidRange":
            return None
        raise
    except Conflict:
        raise changed(client, key) from None
    partial = answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    if partial != ("Range" in asked):
        raise strange(client.bucket, "get")  # the whole file in place of a part would end up in the middle of it
    return check(answer, client.bucket, "get", "ETag", "ContentLength", "Body")


def changed(client: Client, key: str) -> ProviderError:
    """The error for an object that was replaced while it was read."""
    sentence = f"The stored file {key!r} was replaced while it was read. Read it again."
    return Unavailable(sentence, provider=client.bucket.provider, operation="get", code="replaced")
