"""A person at a site, who sends pictures and looks at what became of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sites import Answer, Browser, LiveSite

# no streaming, and passwords that cost next to nothing
QUIET = {
    "providers": {"streaming": "none"},
    "disable": ("stream_local",),
    "plugins": {"auth_local": {"time_cost": 1, "memory_kib": 8192}},
}


@dataclass
class Member:
    """A signed-in person at the site."""

    site: LiveSite
    browser: Browser
    username: str

    async def upload(self, data: bytes, name: str = "me.png") -> Answer:
        """Send a picture by the form of the settings."""
        page = await self.browser.get("/settings")
        form = aiohttp.FormData({"csrf": page.text.split('name="csrf" value="')[1].split('"')[0]})
        form.add_field("avatar", data, filename=name, content_type="image/png")
        return await self.browser.ask("POST", "/p/profiles/avatar", data=form)

    async def put_avatar(self, data: bytes) -> Answer:
        """Send a picture by the API."""
        return await self.put_picture("avatar", data)

    async def put_picture(self, kind: str, data: bytes) -> Answer:
        """Send an avatar or a banner by the API."""
        headers = {"Origin": self.site.url.rstrip("/"), "Content-Type": "application/octet-stream"}
        return await self.browser.ask("PUT", f"/api/v1/me/profile/{kind}", data=data, headers=headers)

    async def profile(self) -> dict[str, str | None]:
        """What everyone may see of this person."""
        return (await self.browser.api("GET", f"/people/{self.username}")).json()

    @property
    def files(self) -> list[str]:
        """Names of all stored files of bytes."""
        folder = Path(self.site.platform.site.data, "storage")
        return sorted(path.name for path in folder.rglob("*@*") if not path.name.endswith("@meta"))


async def until(ask: Callable[[], Awaitable[object]], *, is_not: object) -> None:
    """Wait until the answer is another one; readers of the log tell nobody that they are done."""
    async with asyncio.timeout(10):
        while await ask() == is_not:
            await asyncio.sleep(0.02)
