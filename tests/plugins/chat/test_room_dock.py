"""Docks and overlays of OBS in Chromium: without a session, by the token alone, until it is revoked."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from chat_windows import Theatre, Window
from playwright.async_api import expect
from test_room_modes import findings

from aethex_live.models import ApiToken

pytestmark = pytest.mark.slow


async def address_of(theatre: Theatre, kind: str = "moderate", page: str = "dock") -> str:
    """Make a dock as its owner does; its address, as it is shown."""
    owner = await theatre.open("owner")
    await owner.page.get_by_role("link", name="Chat in OBS").click()
    await owner.page.get_by_label("Name", exact=True).fill("Studio PC")
    await owner.page.locator(f"input[value={kind}]").check()
    await owner.page.get_by_role("button", name="Make the dock").click()
    shown = urlsplit(await owner.page.locator(f"#{page}-address").inner_text())
    await owner.page.context.close()
    theatre.windows.remove(owner)
    return f"{shown.path}?{shown.query}"


async def revoke(theatre: Theatre) -> None:
    theatre.site.platform.db.bind()
    owner = theatre.people["owner"]
    row = await ApiToken.get(user_id=await theatre.id_of("owner"))
    page = f"/p/chat/{theatre.slug}/obs"
    assert (await owner.submit(f"{page}/{row.id}/revoke", page=page)).status == 200


async def requests_of(window: Window) -> list[str]:
    """Referers of everything that the page asks for from now on."""
    found: list[str] = []
    window.page.on("request", lambda request: found.append(request.headers.get("referer", "")))
    return found


async def test_a_dock_reads_writes_and_moderates_without_a_session_until_it_is_revoked(theatre: Theatre) -> None:
    path = await address_of(theatre)
    viewer, dock = await theatre.open("viewer"), await theatre.open(path=path)
    referers = await requests_of(dock)
    # it reads and writes in the owner's name
    await viewer.send("hello from here")
    await dock.sees("hello from here")
    await dock.send("hello from OBS")
    await viewer.sees("hello from OBS")
    await expect(viewer.lines.filter(has_text="from OBS")).to_have_attribute("data-role", "owner")
    # it moderates: the tools of a line, and a card, which is asked for by the token
    await dock.lines.filter(has_text="hello from here").locator(".ax-msg__name").click()
    card = dock.page.locator("dialog[open]")
    await card.get_by_role("button", name="Time out").click()
    await expect(viewer.page.locator("[data-banner]")).to_contain_text("You are timed out")
    await expect(dock.lines.filter(has_text="was timed out")).to_be_visible()
    await dock.page.get_by_role("link", name="People who are shut out").click()
    await card.get_by_role("button", name=re.compile("Lift")).click()
    await expect(card).to_contain_text("Nobody is timed out or banned.")
    await card.get_by_role("button", name="Close").click()
    # nothing that it asked for told the address, and it holds no cookie
    assert len(referers) > 0
    assert [referer for referer in referers if "token" in referer] == []
    assert await dock.page.context.cookies() == []
    # When it is revoked, Then it says so and stays shut
    await revoke(theatre)
    await expect(dock.page.locator("[data-hint]")).to_contain_text("This token is unknown or was revoked", timeout=8000)
    await expect(dock.page.locator("ax-chat")).to_have_attribute("data-state", "refused")
    await viewer.send("still there?")
    await viewer.sees("still there?")
    await dock.sees("still there?", times=0)
    dock.problems.clear()  # the browser notes the refused sockets


async def test_a_dock_that_only_reads_offers_nothing_else(theatre: Theatre) -> None:
    path = await address_of(theatre, "read")
    dock, viewer = await theatre.open(path=path), await theatre.open("viewer")
    await viewer.send("hello")
    await dock.sees("hello")
    await expect(dock.page.get_by_text("This dock only reads.")).to_be_visible()
    await expect(dock.page.locator("textarea")).to_have_count(0)
    await dock.lines.first.hover()
    await expect(dock.page.locator(".ax-msg__tools button")).to_have_count(0)


async def test_an_overlay_is_large_transparent_and_without_controls(theatre: Theatre) -> None:
    path = await address_of(theatre, "moderate", "overlay")
    for address in (path, f"/p/chat/{theatre.slug}/overlay?size=large"):
        overlay, viewer = await theatre.open(path=address), await theatre.open("viewer")
        owner = await theatre.open("owner")
        text = f"on stream {address[-5:]}"
        await viewer.send(text)
        line = overlay.lines.filter(has_text=text)
        await expect(line).to_be_visible()
        assert await line.evaluate("(line) => parseFloat(getComputedStyle(line).fontSize)") >= 22
        for element in ("html", "body", "ax-chat"):
            ground = await overlay.page.locator(element).evaluate("(e) => getComputedStyle(e).backgroundColor")
            assert ground == "rgba(0, 0, 0, 0)", element
        controls = overlay.page.locator("a[href]:visible, button:visible, input:visible, textarea:visible")
        await expect(controls).to_have_count(0)
        # what is removed is not on the stream any more
        await owner.lines.filter(has_text=text).hover()
        await owner.page.get_by_role("button", name="Delete message").click()
        await expect(overlay.page.locator(".ax-msg[data-state=deleted]")).to_be_hidden()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, theme: Any, width: int) -> None:
    look: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    path = await address_of(theatre)
    viewer = await theatre.open("viewer")
    await viewer.send("hello")
    for address in (path, path.replace("/dock?", "/overlay?")):
        window = await theatre.open(path=f"{address}&theme={theme}", **look)
        await window.sees("hello")
        assert await findings(window.page) == []
        assert await window.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    owner = await theatre.open("owner", path=f"/p/chat/{theatre.slug}", **look)
    if width == 390:  # the head of a narrow chat has no room for it
        await owner.page.get_by_role("link", name="Moderating the chat").click()
    await owner.page.get_by_role("link", name="Chat in OBS").filter(visible=True).click()
    await expect(owner.page.get_by_role("heading", name="Your docks")).to_be_visible()
    assert await findings(owner.page) == []
    assert await owner.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
