"""Conformance kit of storage providers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import cast
from uuid import uuid4

import pytest

from aethex_live.providers import Conflict, Invalid, NotFound, ProviderError
from aethex_live.providers.storage import (
    Lifecycle,
    Multipart,
    StorageCap,
    StorageProvider,
    Uploading,
    UploadTicket,
)
from aethex_live.testing.conformance._needs import has, need

Fetch = Callable[[str], Awaitable[tuple[int, bytes]]]
Send = Callable[[str, str, Mapping[str, str], bytes], Awaitable[tuple[int, str]]]
Later = Callable[[timedelta], None]

CONTRACTS: Mapping[StorageCap, type[object]] = {
    StorageCap.PRESIGN_PUT: Uploading,
    StorageCap.MULTIPART: Multipart,
    StorageCap.LIFECYCLE: Lifecycle,
}
PART = 5 * 1024 * 1024  # bytes, the least that a part has which is not the last one
LARGE = 9 * 1024 * 1024  # more than providers send in one call
FIVE_MINUTES = timedelta(minutes=5)

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


async def large(*, breaks_off: bool = False) -> AsyncIterator[bytes]:
    """A stream of LARGE bytes in odd pieces."""
    left, number = LARGE, 0
    while left:
        piece = bytes([number % 251]) * min(left, 300_007)
        left, number = left - len(piece), number + 1
        yield piece
        if breaks_off and left < 200_000:
            raise ConnectionError("the sender is gone")


class StorageConformance:
    """What every storage provider does. Override `provider`; `fetch` and `send` have its addresses proved."""

    @pytest.fixture
    def provider(self) -> StorageProvider:
        """The provider under test; it may hold other objects."""
        raise NotImplementedError("override the fixture `provider`")

    @pytest.fixture
    def fetch(self) -> Fetch | None:
        """GET of an address that the provider gave, as (status, body); None leaves those tests out."""
        return None

    @pytest.fixture
    def send(self) -> Send | None:
        """A request (method, address, headers, body) as a browser sends it, as (status, ETag); None: not proved."""
        return None

    @pytest.fixture
    def later(self) -> Later | None:
        """Moves the time by which signed addresses end; None leaves those tests out."""
        return None

    @pytest.fixture
    def age(self) -> Later | None:
        """Moves the time by which the provider deletes what is old; None leaves those tests out."""
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

    async def test_a_large_stream_is_stored_whole_or_not_at_all(self, provider: StorageProvider, base: str) -> None:
        with pytest.raises(ConnectionError):
            await provider.put(f"{base}/large", large(breaks_off=True), content_type="video/mp4")
        with pytest.raises(NotFound):
            await provider.head(f"{base}/large")
        stored = await provider.put(f"{base}/large", large(), content_type="video/mp4", metadata={"a": "b"})
        head = await provider.head(f"{base}/large")
        assert (stored.size, head.size, head.etag, head.content_type) == (LARGE, LARGE, stored.etag, "video/mp4")
        assert dict(head.metadata) == {"a": "b"}
        whole = b"".join([piece async for piece in large()])
        assert await read(provider, f"{base}/large") == whole
        assert await read(provider, f"{base}/large", LARGE - 1_500_000, LARGE - 3) == whole[-1_500_000:-3]

    async def test_a_large_replacement_that_breaks_off_leaves_the_old_object(
        self, provider: StorageProvider, base: str
    ) -> None:
        await provider.put(f"{base}/kept", b"old", content_type="text/plain")
        with pytest.raises(ConnectionError):
            await provider.put(f"{base}/kept", large(breaks_off=True), content_type="video/mp4")
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
            (10, None, b""),
            (50, 60, b""),
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

    async def test_a_large_conditional_put_leaves_what_is_there(self, provider: StorageProvider, base: str) -> None:
        need(provider, StorageCap.CONDITIONAL_PUT)
        await provider.put(f"{base}/taken", b"old", content_type="text/plain")
        with pytest.raises(Conflict):
            await provider.put(f"{base}/taken", large(), content_type="video/mp4", if_absent=True)
        assert await read(provider, f"{base}/taken") == b"old"

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
        status, body = await fetch(address.partition("?")[0])
        assert status in {400, 401, 403}
        assert b"secret" not in body

    async def test_a_signed_address_ends(
        self, provider: StorageProvider, base: str, fetch: Fetch | None, later: Later | None
    ) -> None:
        need(provider, StorageCap.PRESIGN_GET)
        if fetch is None or later is None:
            pytest.skip("nobody reads the addresses here")
        await provider.put(f"{base}/secret.txt", b"secret", content_type="text/plain")
        address = provider.presign_get(f"{base}/secret.txt", ttl=FIVE_MINUTES)
        later(timedelta(minutes=4))
        assert (await fetch(address))[0] == 200
        later(timedelta(minutes=2))
        status, body = await fetch(address)
        assert status in {400, 401, 403}
        assert b"secret" not in body

    @pytest.mark.parametrize("capability", CONTRACTS)
    async def test_a_declared_capability_has_its_calls(self, provider: StorageProvider, capability: StorageCap) -> None:
        need(provider, capability)
        assert isinstance(provider, CONTRACTS[capability])

    async def test_a_ticket_stores_what_it_is_for(
        self, provider: StorageProvider, base: str, send: Send | None, later: Later | None
    ) -> None:
        need(provider, StorageCap.PRESIGN_PUT)
        key = f"{base}/a.txt"
        ticket = _uploading(provider).presign_put(key, size=5, content_type="text/plain", ttl=FIVE_MINUTES)
        assert ticket.method in {"PUT", "POST"}
        assert ticket.expires_at.tzinfo is not None
        assert ticket.url not in repr(ticket)
        if send is None:
            return
        status, _ = await send(ticket.method, ticket.url, ticket.headers, b"hello")
        assert status == 200
        head = await provider.head(key)
        assert (head.size, head.content_type) == (5, "text/plain")
        assert await read(provider, key) == b"hello"
        if later is not None:
            later(timedelta(minutes=6))
            assert (await send(ticket.method, ticket.url, ticket.headers, b"later"))[0] in {400, 401, 403}
            assert await read(provider, key) == b"hello"

    async def test_a_ticket_is_for_nothing_else(self, provider: StorageProvider, base: str, send: Send | None) -> None:
        """Neither for more or fewer bytes, nor for another type, nor for another key, nor for reading."""
        need(provider, StorageCap.PRESIGN_PUT)
        if send is None:
            pytest.skip("nobody answers the addresses here")
        key = f"{base}/a.txt"
        ticket = _uploading(provider).presign_put(key, size=5, content_type="text/plain", ttl=FIVE_MINUTES)
        other = {**ticket.headers, "content-type": "text/html"}
        for method, url, headers, body in (
            (ticket.method, ticket.url, ticket.headers, b"more than five"),
            (ticket.method, ticket.url, ticket.headers, b"four"),
            (ticket.method, ticket.url, other, b"hello"),
            (ticket.method, ticket.url.replace("/a.txt", "/b.txt"), ticket.headers, b"hello"),
            (ticket.method, ticket.url.partition("?")[0], ticket.headers, b"hello"),
            ("DELETE", ticket.url, ticket.headers, b""),
        ):
            assert (await send(method, url, headers, body))[0] in {400, 401, 403, 404, 405, 411, 413}
        assert await keys(provider, f"{base}/") == []

    async def test_parts_become_one_object(self, provider: StorageProvider, base: str) -> None:
        need(provider, StorageCap.MULTIPART)
        key, parts = f"{base}/parts", [b"a" * PART, b"b" * PART, b"end"]
        multipart = _multipart(provider)
        upload = await multipart.start_multipart(key, content_type="video/mp4")
        sent = [(n, await multipart.put_part(key, upload, n, parts[n - 1])) for n in (2, 3, 1)]
        with pytest.raises(NotFound):
            await provider.head(key)
        assert await keys(provider, key) == []
        stored = await multipart.finish_multipart(key, upload, sent)
        assert (stored.key, stored.size, stored.content_type) == (key, 2 * PART + 3, "video/mp4")
        assert await read(provider, key, PART - 2, PART + 2) == b"aabb"
        assert await read(provider, key, 2 * PART - 1) == b"bend"

    async def test_a_missing_or_wrong_part_makes_nothing(self, provider: StorageProvider, base: str) -> None:
        need(provider, StorageCap.MULTIPART)
        key, multipart = f"{base}/parts", _multipart(provider)
        upload = await multipart.start_multipart(key, content_type="video/mp4")
        tag = await multipart.put_part(key, upload, 1, b"a" * PART)
        for wrong in ([(1, "0" * 32)], [(1, tag), (2, tag)], []):
            with pytest.raises(Invalid):
                await multipart.finish_multipart(key, upload, wrong)
        with pytest.raises(NotFound):
            await provider.head(key)
        assert (await multipart.finish_multipart(key, upload, [(1, tag)])).size == PART

    async def test_an_upload_that_is_given_up_is_forgotten(self, provider: StorageProvider, base: str) -> None:
        need(provider, StorageCap.MULTIPART)
        key, multipart = f"{base}/parts", _multipart(provider)
        upload = await multipart.start_multipart(key, content_type="video/mp4")
        tag = await multipart.put_part(key, upload, 1, b"a" * PART)
        await multipart.abort_multipart(key, upload)
        await multipart.abort_multipart(key, upload)
        with pytest.raises(ProviderError):
            await multipart.put_part(key, upload, 2, b"b")
        with pytest.raises(ProviderError):
            await multipart.finish_multipart(key, upload, [(1, tag)])
        with pytest.raises(NotFound):
            await provider.head(key)

    async def test_a_ticket_for_a_part(self, provider: StorageProvider, base: str, send: Send | None) -> None:
        need(provider, StorageCap.MULTIPART)
        if send is None:
            pytest.skip("nobody answers the addresses here")
        key, multipart = f"{base}/parts", _multipart(provider)
        upload = await multipart.start_multipart(key, content_type="video/mp4")

        def ticket() -> UploadTicket:
            return multipart.presign_part(key, upload, 1, size=3, ttl=FIVE_MINUTES)

        made = ticket()
        assert (await send(made.method, made.url, made.headers, b"four"))[0] in {400, 401, 403, 411, 413}
        status, tag = await send(made.method, made.url, made.headers, b"one")
        assert status == 200
        assert (await multipart.finish_multipart(key, upload, [(1, tag)])).size == 3
        assert await read(provider, key) == b"one"

    async def test_what_is_old_goes_by_itself(self, provider: StorageProvider, base: str, age: Later | None) -> None:
        need(provider, StorageCap.LIFECYCLE)
        assert isinstance(provider, Lifecycle)
        await cast("StorageProvider", provider).put(f"{base}/old/a", b"1", content_type="text/plain")
        await cast("StorageProvider", provider).put(f"{base}/kept", b"1", content_type="text/plain")
        await provider.expire(f"{base}/old/", days=3)
        await provider.expire(f"{base}/old/", days=2)
        with pytest.raises(Invalid):
            await provider.expire(f"{base}/old/", days=0)
        if age is not None:
            age(timedelta(days=1, hours=12))
            assert await keys(cast("StorageProvider", provider), f"{base}/") == [f"{base}/kept", f"{base}/old/a"]
            age(timedelta(days=1))
            assert await keys(cast("StorageProvider", provider), f"{base}/") == [f"{base}/kept"]

    async def test_what_is_not_declared_is_not_offered(self, provider: StorageProvider) -> None:
        """A caller looks at the capabilities; a call that is there all the same would go unproved."""
        for capability, contract in CONTRACTS.items():
            assert has(provider, capability) or not isinstance(provider, contract)

    async def test_origins_are_origins(self, provider: StorageProvider, base: str) -> None:
        """And the addresses of objects lie at them, or at the site itself."""
        for origin in provider.origins:
            scheme, _, host = origin.partition("://")
            assert scheme in {"http", "https"}
            assert host
            assert "/" not in host
        if has(provider, StorageCap.PRESIGN_GET):
            address = provider.presign_get(f"{base}/a", ttl=FIVE_MINUTES)
            if address.startswith("http"):
                assert address.startswith(tuple(f"{origin}/" for origin in provider.origins))


def _uploading(provider: StorageProvider) -> Uploading:
    assert isinstance(provider, Uploading)
    return provider


def _multipart(provider: StorageProvider) -> Multipart:
    assert isinstance(provider, Multipart)
    return provider
