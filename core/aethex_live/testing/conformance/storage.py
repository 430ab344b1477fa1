"""Conformance kit of storage providers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from aethex_live.providers import Conflict, Invalid, NotFound
from aethex_live.providers.storage import StorageCap, StorageProvider
from aethex_live.testing.conformance._needs import need

Fetch = Callable[[str], Awaitable[tuple[int, bytes]]]

ILLEGAL = (
    *(
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/./b",
        "a/..",
        "A",
        "a b",
        "a\\b",
        "a\0b",
        "ä",
        "a:b",
    ),
    *("a%2fb", "~a", "a*", "a@b", "a\n", "a" * 401),
)


async def read(provider: StorageProvider, key: str, start: int = 0, end: int | None = None) -> bytes:
    """All bytes of a range."""
    return b"".join([piece async for piece in provider.get(key, start=start, end=end)])


async def keys(provider: StorageProvider, prefix: str) -> list[str]:
    """The keys of a listing."""
    return [found.key async for found in provider.list(prefix)]


class StorageConformance:
    """What every storage provider does. Override `provider`, and `fetch` to have its addresses proved."""

    @pytest.fixture
    def provider(self) -> StorageProvider:
        """The provider under test; it may hold other objects."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def fetch(self) -> Fetch | None:
        """GET of an address that the provider gave, as (status, body); None leaves those tests out."""
        return None

    @pytest.fixture
    def base(self) -> str:
        """A prefix that nothing else has, so that runs against a real vendor don't meet."""
        return f"conformance/{uuid4().hex}"

    async def test_what_was_put_comes_back(self, provider: StorageProvider, base: str) -> None:
        put = await provider.put(f"{base}/a.txt", b"hello", content_type="text/plain", metadata={"made-by": "us"})
        head = await provider.head(f"{base}/a.txt")
        assert await read(provider, f"{base}/a.txt") == b"hello"
        assert (put.key, put.size, put.content_type) == (f"{base}/a.txt", 5, "text/plain")
        assert (head.size, head.etag, head.content_type) == (5, put.etag, "text/plain")
        assert dict(head.metadata) == {"made-by": "us"}
        assert head.modified_at.tzinfo is not None

    async def test_a_stream_is_stored_whole(self, provider: StorageProvider, base: str) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(50):
                yield bytes([number]) * 10_000

        stored = await provider.put(f"{base}/big", pieces(), content_type="application/octet-stream")
        assert stored.size == 500_000
        assert await read(provider, f"{base}/big") == b"".join(bytes([n]) * 10_000 for n in range(50))

    async def test_a_stream_that_breaks_off_stores_nothing(self, provider: StorageProvider, base: str) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"half"
            raise ConnectionError("the sender is gone")

        with pytest.raises(ConnectionError):
            await provider.put(f"{base}/half", broken(), content_type="text/plain")
        with pytest.raises(NotFound):
            await provider.head(f"{base}/half")

    async def test_a_broken_replacement_leaves_the_old_object(self, provider: StorageProvider, base: str) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"new"
            raise ConnectionError("the sender is gone")

        await provider.put(f"{base}/kept", b"old", content_type="text/plain")
        with pytest.raises(ConnectionError):
            await provider.put(f"{base}/kept", broken(), content_type="text/plain")
        assert await read(provider, f"{base}/kept") == b"old"

    async def test_an_empty_object_is_an_object(self, provider: StorageProvider, base: str) -> None:
        await provider.put(f"{base}/empty", b"", content_type="text/plain")
        assert (await provider.head(f"{base}/empty")).size == 0
        assert await read(provider, f"{base}/empty") == b""

    async def test_putting_again_replaces(self, provider: StorageProvider, base: str) -> None:
        first = await provider.put(f"{base}/a", b"one", content_type="text/plain")
        second = await provider.put(f"{base}/a", b"second", content_type="text/html")
        assert await read(provider, f"{base}/a") == b"second"
        assert second.etag != first.etag
        assert (await provider.head(f"{base}/a")).content_type == "text/html"

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (2, 5, b"234"),
            (0, 0, b""),
            (9, 10, b"9"),
            (8, 99, b"89"),
        ],
    )
    async def test_a_range_is_given(
        self, provider: StorageProvider, base: str, start: int, end: int | None, expected: bytes
    ) -> None:
        await provider.put(f"{base}/digits", b"0123456789", content_type="text/plain")
        assert await read(provider, f"{base}/digits", start, end) == expected

    async def test_what_is_not_there_is_not_found(self, provider: StorageProvider, base: str) -> None:
        with pytest.raises(NotFound):
            await provider.head(f"{base}/none")
        with pytest.raises(NotFound):
            await read(provider, f"{base}/none")

    async def test_deleting_removes_and_repeats_without_error(self, provider: StorageProvider, base: str) -> None:
        await provider.put(f"{base}/a", b"1", content_type="text/plain")
        await provider.put(f"{base}/b", b"2", content_type="text/plain")
        await provider.delete(f"{base}/a", f"{base}/b", f"{base}/never")
        await provider.delete(f"{base}/a")
        assert await keys(provider, f"{base}/") == []

    async def test_a_listing_is_complete_and_in_order(self, provider: StorageProvider, base: str) -> None:
        """Also where one key is the beginning of another, and where - and . sort before /."""
        names = ["a", "a-b", "a.b", "a/b", "a/b/c", "a0", "b/" + "x" * 200, "b/" + "x" * 200 + "-y", "z"]
        for name in reversed(names):
            await provider.put(f"{base}/{name}", name.encode(), content_type="text/plain")
        assert await keys(provider, f"{base}/") == sorted(f"{base}/{name}" for name in names)
        assert await keys(provider, f"{base}/a/") == [f"{base}/a/b", f"{base}/a/b/c"]
        assert await keys(provider, f"{base}/a-") == [f"{base}/a-b"]
        assert await read(provider, f"{base}/a") == b"a"

    async def test_the_longest_key_is_taken(self, provider: StorageProvider, base: str) -> None:
        key = f"{base}/" + "n" * (399 - len(base))
        await provider.put(key, b"1", content_type="text/plain")
        assert len(key) == 400
        assert await keys(provider, f"{base}/n") == [key]

    @pytest.mark.parametrize("key", ILLEGAL)
    async def test_an_illegal_key_is_refused_by_every_call(self, provider: StorageProvider, key: str) -> None:
        with pytest.raises(Invalid):
            await provider.put(key, b"1", content_type="text/plain")
        with pytest.raises(Invalid):
            await read(provider, key)
        with pytest.raises(Invalid):
            await provider.head(key)
        with pytest.raises(Invalid):
            await provider.delete(key)

    async def test_puts_at_once_leave_one_whole_object(self, provider: StorageProvider, base: str) -> None:
        contents = [bytes([65 + number]) * 5000 for number in range(8)]
        await asyncio.gather(
            *(provider.put(f"{base}/race", content, content_type="text/plain") for content in contents)
        )
        assert await read(provider, f"{base}/race") in contents

    async def test_a_conditional_put_is_won_by_one(self, provider: StorageProvider, base: str) -> None:
        need(provider, StorageCap.CONDITIONAL_PUT)
        results = await asyncio.gather(
            *(
                provider.put(f"{base}/once", bytes([65 + number]), content_type="text/plain", if_absent=True)
                for number in range(8)
            ),
            return_exceptions=True,
        )
        winners = [number for number, result in enumerate(results) if not isinstance(result, BaseException)]
        assert len(winners) == 1
        assert all(isinstance(result, Conflict) for n, result in enumerate(results) if n not in winners)
        assert await read(provider, f"{base}/once") == bytes([65 + winners[0]])

    async def test_a_public_address_shows_the_object(
        self, provider: StorageProvider, base: str, fetch: Fetch | None
    ) -> None:
        need(provider, StorageCap.PUBLIC_URL)
        key = f"public/{base}/a.webp"
        await provider.put(key, b"picture", content_type="image/webp")
        address = provider.public_url(key)
        assert address
        assert provider.public_url(key) == address
        if fetch is not None:
            assert await fetch(address) == (200, b"picture")

    async def test_what_is_not_public_has_no_lasting_address(self, provider: StorageProvider, base: str) -> None:
        need(provider, StorageCap.PUBLIC_URL)
        assert provider.public_url(f"{base}/private") is None

    async def test_a_signed_address_shows_its_object_alone(
        self, provider: StorageProvider, base: str, fetch: Fetch | None
    ) -> None:
        need(provider, StorageCap.PRESIGN_GET)
        await provider.put(f"{base}/secret.txt", b"secret", content_type="text/plain")
        address = provider.presign_get(f"{base}/secret.txt", ttl=timedelta(minutes=5))
        if fetch is None:
            return
        assert await fetch(address) == (200, b"secret")
        for wrong in (
            address.partition("?")[0],
            provider.presign_get(f"{base}/secret.txt", ttl=timedelta(seconds=-1)),
        ):
            status, body = await fetch(wrong)
            assert status in {400, 401, 403}
            assert b"secret" not in body
