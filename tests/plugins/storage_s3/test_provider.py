"""What S3 does beside the contract: how it is asked, what browsers are told, how large files go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from aethex_live.clock import ManualClock
from aethex_live.providers import Invalid, Unavailable
from aethex_live.providers.storage import StorageCap
from aethex_plugins.storage_s3 import uploading
from aethex_plugins.storage_s3.opening import bucket_of, open_storage
from aethex_plugins.storage_s3.provider import S3Storage
from buckets import closing, raw

MIB = 1024 * 1024


async def test_browsers_may_keep_public_files_and_run_none(storage: S3Storage, moto: str, bucket: str):
    for key, content_type in (
        ("public/a.webp", "image/webp"),
        ("public/a.html", "text/html"),
        ("b.svg", "image/svg+xml"),
    ):
        await storage.put(key, b"1", content_type=content_type)
    heads = {key: raw(moto).head_object(Bucket=bucket, Key=key) for key in ("public/a.webp", "public/a.html", "b.svg")}
    assert heads["public/a.webp"]["CacheControl"] == "public, max-age=3600"
    assert "ContentDisposition" not in heads["public/a.webp"]
    assert heads["public/a.html"]["ContentDisposition"] == "attachment"
    assert heads["b.svg"]["ContentDisposition"] == "attachment"
    assert "CacheControl" not in heads["b.svg"]


async def test_a_ticket_carries_what_browsers_are_told(storage: S3Storage):
    ticket = storage.presign_put("public/a.html", size=1, content_type="text/html", ttl=timedelta(minutes=1))
    assert ticket.headers == {
        "content-type": "text/html",
        "cache-control": "public, max-age=3600",
        "content-disposition": "attachment",
    }


@pytest.mark.parametrize("size", [-1, 5 * 1024 * MIB + 1])
async def test_a_ticket_has_a_size_that_one_call_takes(storage: S3Storage, size: int):
    with pytest.raises(Invalid):
        storage.presign_put("a", size=size, content_type="text/plain", ttl=timedelta(minutes=1))


@pytest.mark.parametrize("part", [0, 10_001])
async def test_parts_have_numbers_that_s3_takes(storage: S3Storage, part: int):
    with pytest.raises(Invalid):
        await storage.put_part("a", "upload", part, b"1")
    with pytest.raises(Invalid):
        storage.presign_part("a", "upload", part, size=1, ttl=timedelta(minutes=1))


async def test_a_large_stream_is_never_held_as_a_whole(storage: S3Storage, monkeypatch: pytest.MonkeyPatch):
    """Of 40 MiB in parts of 5, no more than a few parts are in memory at a moment."""
    given, taken, most = 0, 0, 0
    send = uploading.put_part

    async def watched(*args: Any) -> str:
        nonlocal taken
        tag = await send(*args)
        taken += len(args[-1])
        return tag

    async def stream() -> AsyncIterator[bytes]:
        nonlocal given, most
        for number in range(40):
            given += MIB
            most = max(most, given - taken)
            yield bytes([number]) * MIB

    monkeypatch.setattr(uploading, "put_part", watched)
    stored = await storage.put("large", stream(), content_type="video/mp4")
    assert stored.size == 40 * MIB
    assert most <= (uploading.AT_ONCE + 3) * 5 * MIB


async def test_nothing_is_left_of_an_upload_that_breaks_off(storage: S3Storage, moto: str, bucket: str):
    async def broken() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * MIB
        raise ConnectionError("the sender is gone")

    with pytest.raises(ConnectionError):
        await storage.put("half", broken(), content_type="video/mp4")
    assert "Uploads" not in raw(moto).list_multipart_uploads(Bucket=bucket)


async def test_nothing_is_left_of_an_upload_that_is_cancelled(storage: S3Storage, moto: str, bucket: str):
    waiting = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * MIB
        waiting.set()
        await asyncio.sleep(30)

    task = asyncio.create_task(storage.put("half", endless(), content_type="video/mp4"))
    await asyncio.wait_for(waiting.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "Uploads" not in raw(moto).list_multipart_uploads(Bucket=bucket)


async def test_an_object_that_is_replaced_while_it_is_read_is_no_mixture(
    storage: S3Storage, monkeypatch: pytest.MonkeyPatch
):
    # Given a read whose answer breaks off after the first piece, and an object that is another by then
    await storage.put("a", b"1" * MIB, content_type="video/mp4")
    pieces = storage.get("a")
    assert set(await anext(pieces)) == {ord("1")}
    await storage.put("a", b"2" * MIB, content_type="video/mp4")
    read, calls = storage._client.read, 0

    async def broken(*args: Any) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Unavailable("broke off", provider="s3", operation="get")
        return await read(*args)

    monkeypatch.setattr(storage._client, "read", broken)
    # Then the rest is refused
    with pytest.raises(Unavailable, match="replaced while it was read"):
        [piece async for piece in pieces]


async def test_a_listing_of_several_pages(storage: S3Storage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("aethex_plugins.storage_s3.provider._KEYS_A_CALL", 3)
    names = [f"many/{number:02}" for number in range(10)]
    await asyncio.gather(*(storage.put(name, b"1", content_type="text/plain") for name in names))
    assert [found.key async for found in storage.list("many/")] == names
    await storage.delete(*names)
    assert [found.key async for found in storage.list("many/")] == []


async def test_rules_of_others_stay(storage: S3Storage, moto: str, bucket: str):
    theirs = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 9}}
    raw(moto).put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [theirs]})
    await storage.expire("old/", days=3)
    await storage.expire("older/", days=30)
    await storage.expire("old/", days=2)
    rules = raw(moto).get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {(rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) for rule in rules} == {
        ("x/", 9),
        ("old/", 2),
        ("older/", 30),
    }
    ours = next(rule for rule in rules if rule["Filter"]["Prefix"] == "old/")
    assert ours["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


async def test_without_a_public_address_there_is_none(
    moto: str, bucket: str, clock: ManualClock, settings: Callable[..., Any]
):
    said = settings(moto, bucket, public_url="")
    async with closing(open_storage(bucket_of(said), clock)) as storage:
        assert StorageCap.PUBLIC_URL not in storage.capabilities
        assert storage.public_url("public/a") is None
        assert storage.origins == (moto,)


def test_secrets_are_in_no_repr(storage: S3Storage, settings: Callable[..., Any]):
    said = settings("http://127.0.0.1:9", "bucket")
    for thing in (said, bucket_of(said), storage, storage._client, storage._signer):
        assert "canary-secret" not in repr(thing)
