"""Store, read a range, presign, delete: the same text on every storage provider, and the storage switched half-way."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from PIL import Image
from storage_stands import Memory, storage_stands
from swap_kit import House, Stand, again, fetch, until

from aethex_live.providers import Conflict, Kind, NotFound, Offer
from aethex_live.providers.storage import Lifecycle, Multipart, StorageCap, StorageProvider, Uploading
from aethex_live.testing.fakes import FakeStorage
from sites import Browser, LiveSite
from swap_report import Steps

PROVIDERS = ("local", "s3", "r2", "fake")
SWITCHES = [("local", "s3"), ("s3", "local"), ("local", "r2"), ("r2", "local"), ("s3", "r2"), ("r2", "s3")]
BODY = bytes(range(256)) * 40
SOON = timedelta(minutes=5)
PICTURES = "public/avatars/"


@pytest.fixture(scope="module")
def stands() -> Any:
    with storage_stands() as found:
        yield found


@pytest_asyncio.fixture
async def house(whole_dsn: Any, tmp_path: Any, stands: list[Stand]) -> AsyncIterator[House]:
    """A site with every storage provider set up, the one in memory among them.

    A site of its own for each test: another one in this process would see SDKs being imported, and call it blocking.
    """
    async with House("storage", await whole_dsn(), tmp_path, stands) as made:
        site = await made.start("local")
        fake = FakeStorage(site.platform.clock)
        site.platform.providers.install("storage_local", Kind.STORAGE, Offer("fake", lambda: fake), announced=True)
        made.stands = [*stands, Stand("fake", "", hands=Memory(fake))]
        yield made


async def read(provider: StorageProvider, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in provider.get(key, start=start, end=end)])


class Shelf:
    """What the scenario does with one object."""

    def __init__(self, site: LiveSite, provider: Any, hands: Any) -> None:
        self.site, self.provider, self.hands = site, provider, hands
        self.key = f"swap/{uuid4().hex}/film.bin"
        self.public = f"public/{self.key}"

    async def store(self) -> None:
        assert isinstance(self.provider, StorageProvider)
        put = await self.provider.put(self.key, BODY, content_type="video/mp4", metadata={"made-by": "nova"})
        head = await self.provider.head(self.key)
        assert (put.size, head.size, head.content_type) == (len(BODY), len(BODY), "video/mp4")
        assert dict(head.metadata) == {"made-by": "nova"}

    async def read_ranges(self) -> None:
        for start, end in ((0, None), (100, 300), (len(BODY) - 7, None), (0, 1)):
            assert await read(self.provider, self.key, start, end) == BODY[start:end]

    async def find(self) -> None:
        prefix = self.key.rpartition("/")[0] + "/"
        assert [one.key async for one in self.provider.list(prefix)] == [self.key]

    async def keep_the_first(self) -> None:
        with pytest.raises(Conflict):
            await self.provider.put(self.key, b"other", content_type="text/plain", if_absent=True)

    async def presign(self) -> None:
        assert await self.hands.open(self.site, self.provider.presign_get(self.key, ttl=SOON)) == (200, BODY)

    async def publish(self) -> None:
        await self.provider.put(self.public, b"for all", content_type="text/plain")
        address = self.provider.public_url(self.public)
        assert address
        assert await self.hands.open(self.site, address) == (200, b"for all")
        await self.provider.delete(self.public)

    async def let_upload(self) -> None:
        assert isinstance(self.provider, Uploading)
        key = f"{self.key}.sent"
        ticket = self.provider.presign_put(key, size=5, content_type="text/plain", ttl=SOON)
        wrong, _ = await self.hands.send(self.site, ticket.method, ticket.url, ticket.headers, b"longer than that")
        right, _ = await self.hands.send(self.site, ticket.method, ticket.url, ticket.headers, b"hello")
        assert (wrong, right) == (403, 200)
        assert await read(self.provider, key) == b"hello"
        await self.provider.delete(key)

    async def store_in_parts(self) -> None:
        assert isinstance(self.provider, Multipart)
        key, first = f"{self.key}.parts", b"a" * (5 << 20)
        upload = await self.provider.start_multipart(key, content_type="video/mp4")
        tags = [(n, await self.provider.put_part(key, upload, n, data)) for n, data in ((1, first), (2, b"b"))]
        assert (await self.provider.finish_multipart(key, upload, tags)).size == len(first) + 1
        assert await read(self.provider, key, len(first) - 1) == b"ab"
        await self.provider.delete(key)

    async def let_it_age(self) -> None:
        assert isinstance(self.provider, Lifecycle)
        await self.provider.expire(self.key.rpartition("/")[0] + "/old/", days=3)

    async def delete(self) -> None:
        for _ in range(2):
            await self.provider.delete(self.key)
        with pytest.raises(NotFound):
            await read(self.provider, self.key)


async def store_and_read(steps: Steps, shelf: Shelf) -> None:
    """The first half."""
    await steps.take("store", shelf.store)
    await steps.take("read a range", shelf.read_ranges)
    await steps.take("list", shelf.find)


async def hand_out_and_delete(steps: Steps, shelf: Shelf) -> None:
    """The second half."""
    await steps.take("presign", shelf.presign, StorageCap.PRESIGN_GET)
    await steps.take("a lasting address", shelf.publish, StorageCap.PUBLIC_URL)
    await steps.take("never overwrite", shelf.keep_the_first, StorageCap.CONDITIONAL_PUT)
    await steps.take("let a browser upload", shelf.let_upload, StorageCap.PRESIGN_PUT)
    await steps.take("store in parts", shelf.store_in_parts, StorageCap.MULTIPART)
    await steps.take("let the provider delete what is old", shelf.let_it_age, StorageCap.LIFECYCLE)
    await steps.take("delete", shelf.delete)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_file_lives_at_any_provider(house: House, name: str, steps_of: Callable[..., Steps]) -> None:
    assert house.site is not None
    provider = house.site.platform.providers.storage(name)
    steps, shelf = steps_of("storage", provider), Shelf(house.site, provider, house.stand(name).hands)
    await store_and_read(steps, shelf)
    await hand_out_and_delete(steps, shelf)
    steps.rest(StorageCap)


def picture(color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, "PNG")
    return file.getvalue()


async def set_avatar(browser: Browser, color: str) -> str:
    """Send a picture; where pages show it."""
    headers = {"Origin": browser.base.rstrip("/"), "Content-Type": "application/octet-stream"}
    answer = await browser.ask("PUT", "/api/v1/me/profile/avatar", data=picture(color), headers=headers)
    assert answer.status < 300, answer.text
    return await avatar(browser)


async def avatar(browser: Browser) -> str:
    return str((await browser.api("GET", "/people/ada")).json()["avatar"])


@pytest.mark.parametrize(("old", "new"), SWITCHES)
async def test_the_storage_is_switched_half_way(
    old: str, new: str, stands: list[Stand], whole_dsn: Any, tmp_path: Any, steps_of: Callable[..., Steps]
) -> None:
    async with House("storage", await whole_dsn(), tmp_path, stands) as house:
        await _switch(house, old, new, steps_of)


async def _switch(house: House, old: str, new: str, steps_of: Callable[..., Steps]) -> None:
    # Given files, and a picture on pages, that one storage keeps
    site = await house.start(old)
    kept = Shelf(site, site.platform.providers.storage(), house.stand(old).hands)
    steps = steps_of("storage", kept.provider, f"{old} -> {new}")
    await store_and_read(steps, kept)
    ada = await site.member("ada")
    there = {one.key async for one in kept.provider.list(PICTURES)}
    shown = await set_avatar(ada, "red")
    pictures = {one.key async for one in kept.provider.list(PICTURES)} - there
    assert pictures

    # When the site starts with another storage chosen
    site = await house.start(new)
    ada = await again(site, ada)
    # Then what was stored is read, handed out and deleted where it lies
    kept.site, kept.provider = site, site.platform.providers.storage(old)
    await steps.take("read a range after the switch", kept.read_ranges)
    await hand_out_and_delete(steps, kept)
    assert await avatar(ada) == shown
    assert (await fetch(shown if "//" in shown else site.url.rstrip("/") + shown))[0] == 200
    # and new things go to the new one
    fresh = Shelf(site, site.platform.providers.storage(), house.stand(new).hands)
    assert fresh.provider.name == new
    more = steps_of("storage", fresh.provider, f"{old} -> {new}")
    await store_and_read(more, fresh)
    await hand_out_and_delete(more, fresh)
    moved = await set_avatar(ada, "blue")
    assert moved != shown
    assert (await fetch(moved if "//" in moved else site.url.rstrip("/") + moved))[0] == 200
    # and the picture that nobody shows any more is taken from where it lay
    former = site.platform.providers.storage(old)

    async def gone() -> bool:
        return not pictures & {one.key async for one in former.list(PICTURES)}

    await steps.take("the replaced picture is deleted at the old one", lambda: until(gone))
