"""Emotes on a whole site: the queue of operators, the API, files that go, and who may see what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from emote_files import SVG, moving, still

from aethex_live.events import record
from aethex_live.events.types import ChannelDeleted
from aethex_live.models import Channel
from sites import Browser, LiveSite, OpenSite

QUIET: dict[str, Any] = {"providers": {"streaming": "none"}, "disable": ("stream_local",)}
BASE = "/channels/nova/chat/emotes"


async def put(browser: Browser, data: bytes, code: str = "wave") -> Any:
    """Upload by the API."""
    return await browser.ask(
        "POST",
        f"/api/v1{BASE}?code={code}",
        data=data,
        headers={"Origin": browser.base.rstrip("/"), "Content-Type": "application/octet-stream"},
    )


def stored(site: LiveSite) -> list[str]:
    """Names of the files of emotes."""
    folder = Path(site.platform.site.data, "storage")
    return sorted(
        path.name.split("@")[0] for path in folder.rglob("*@*") if "emotes" in str(path) and "@meta" not in path.name
    )


async def gone(site: LiveSite) -> None:
    async with asyncio.timeout(15):
        while stored(site):
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def plain(open_site: OpenSite) -> LiveSite:
    return await open_site(**QUIET)


@pytest_asyncio.fixture
async def asking(open_site: OpenSite) -> LiveSite:
    return await open_site(**QUIET, plugins={"chat": {"emote_approval": "operators"}})


async def test_an_emote_is_listed_for_all_its_pictures_are_webp_and_go_with_it(plain: LiveSite) -> None:
    owner, guest = await plain.creator("keeper", "nova"), await plain.browser()
    made = await put(owner, moving())
    assert (made.status, made.json()["state"]) == (201, "approved")
    listed = (await guest.api("GET", BASE)).json()["items"]
    assert [(one["code"], one["animated"]) for one in listed] == [("wave", True)]
    for address in listed[0]["images"].values():
        answer = await guest.session.get(guest.base.rstrip("/") + address)
        assert (answer.status, answer.content_type) == (200, "image/webp")
        assert answer.history[0].headers["Cache-Control"] == "public, max-age=3600"
    assert len(stored(plain)) == 6
    log = (await owner.api("GET", "/channels/nova/chat/log")).json()["items"]
    assert [(row["action"], row["detail"]["code"]) for row in log] == [("chat.emote_added", "wave")]
    assert (await owner.api("DELETE", f"{BASE}/{made.json()['id']}")).status == 200
    assert (await guest.get(listed[0]["images"]["28"])).status == 404
    await gone(plain)


async def test_files_of_a_deleted_channel_go(plain: LiveSite) -> None:
    await put(await plain.creator("keeper", "nova"), still())
    assert len(stored(plain)) == 3
    plain.platform.db.bind()
    channel = await Channel.get(slug="nova")
    async with plain.platform.db.transaction():
        await record(
            ChannelDeleted(channel_id=channel.id, owner_id=channel.owner_id, slug="nova"),
            subject=f"channel:{channel.id}",
            actor=None,
            channel=channel.id,
        )
    await gone(plain)


@pytest.mark.parametrize(("data", "status"), [(SVG, 422), (b"", 422), (bytes(1024 * 1024 + 1), 413)])
async def test_the_api_refuses_with_the_field_and_a_sentence(plain: LiveSite, data: bytes, status: int) -> None:
    owner = await plain.creator("keeper", "nova")
    answer = await put(owner, data)
    assert (answer.status, list(answer.json()["errors"])) == (status, ["picture"])
    assert (await put(owner, still(), "no-code")).status == 422


async def test_an_operator_decides_in_the_queue_and_the_channel_reads_why(asking: LiveSite) -> None:
    owner, boss, guest = await asking.creator("keeper", "nova"), await asking.operator(), await asking.browser()
    first, second = [(await put(owner, still(), code)).json() for code in ("wave", "logo")]
    assert (await guest.api("GET", BASE)).json()["items"] == []
    assert (await guest.get(first["images"]["28"])).status == 404
    assert (await boss.get(first["images"]["28"], allow_redirects=False)).status == 302
    queue = (await boss.get("/p/chat/admin/emotes")).text
    assert ":wave:" in queue
    assert ":logo:" in queue
    assert 'class="ax-count">2<' in queue
    page = "/p/chat/admin/emotes"
    await boss.submit(page, page=page, emote=first["id"], act="approve", reason="")
    answer = await boss.submit(page, page=page, emote=second["id"], act="deny", reason="<b>Not yours</b>")
    assert "Nothing waits" in answer.text
    assert [one["code"] for one in (await guest.api("GET", BASE)).json()["items"]] == ["wave"]
    assert "Reason: &lt;b&gt;Not yours&lt;/b&gt;" in (await owner.get("/p/chat/nova/emotes")).text
    again = await boss.submit(page, page=page, emote=second["id"], act="approve", reason="")
    assert "somebody else has decided" in again.text
    assert (await owner.api("GET", "/chat/emotes")).status == 403
    assert (await boss.api("POST", f"/chat/emotes/{first['id']}", {"approve": False})).status == 409


async def test_the_form_takes_a_file(asking: LiveSite) -> None:
    owner = await asking.creator("keeper", "nova")
    page = await owner.get("/p/chat/nova/emotes")
    assert "An operator of this site looks at it" in page.text
    form = aiohttp.FormData({"csrf": page.text.split('name="csrf" value="')[1].split('"')[0], "code": ":wave:"})
    form.add_field("picture", still(), filename="x.png", content_type="image/png")
    answer = await owner.ask("POST", "/p/chat/nova/emotes", data=form)
    assert "can be used when an operator" in answer.text
    assert "Waits for an operator" in answer.text


async def test_without_a_storage_the_page_says_so_and_uploads_are_refused(open_site: OpenSite) -> None:
    site = await open_site(providers={"streaming": "none", "storage": "none"}, disable=("stream_local",))
    owner = await site.creator("keeper", "nova")
    assert "storage is switched off" in (await owner.get("/p/chat/nova/emotes")).text
    assert (await put(owner, still())).status == 503
