"""A site with a recording is backed up while somebody is live, restored elsewhere, started, compared and played."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from aethex_live.backup import create, facts, restore
from aethex_live.domain.audit_chain import Head
from aethex_live.settings import Site
from encoders import Encoder
from needs import need
from sites import PASSWORD, Browser, LiveSite, OpenSite, free_port, start_site

# what the start of a site writes: its own affairs
LIVELY = {"core_site_fact", "core_topic", "core_event_cursor", "core_session", "core_schedule"}


async def recording(browser: Browser, slug: str) -> dict[str, Any]:
    """The newest video of a channel, once it is ready."""
    async with asyncio.timeout(30):
        while True:
            items = (await browser.get(f"api/v1/channels/{slug}/videos")).json()["items"]
            if items and items[0]["state"] == "ready":
                found: dict[str, Any] = (await browser.get(f"api/v1/videos/{items[0]['id']}")).json()
                return found
            await asyncio.sleep(0.1)


async def is_live(browser: Browser, slug: str) -> None:
    async with asyncio.timeout(30):
        while True:
            answer = await browser.get(f"api/v1/channels/{slug}/broadcast")
            sources = (answer.json() or {}).get("sources") if answer.status == 200 else None
            if sources and (await browser.get(sources[0]["url"])).text.count(".m4s") > 6:
                return
            await asyncio.sleep(0.1)


def files(folder: Path) -> dict[str, str]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


async def rows(dsn: str) -> dict[str, Any]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return dict((await facts.gather(connection)).tables)
    finally:
        await connection.close(timeout=5)


async def send(
    site: LiveSite, slug: str, go_live: Callable[[str, str], Awaitable[Encoder]], browser: Browser
) -> Encoder:
    key = (await browser.api("POST", f"/channels/{slug}/ingest/key", {})).json()
    encoder = await go_live(key["server"], key["key"])
    await is_live(browser, slug)
    return encoder


@pytest.mark.slow
async def test_a_site_comes_back_whole_on_another_machine(
    open_site: OpenSite, go_live: Callable[[str, str], Awaitable[Encoder]], tmp_path: Path
) -> None:
    # Given a site with a recording, and with somebody who is live at this moment
    site = await open_site()
    nova = await site.creator("nova", "nova")
    encoder = await send(site, "nova", go_live, nova)
    await encoder.stop()
    await nova.api("POST", "/channels/nova/broadcast/end", {})
    before = await recording(nova, "nova")
    luna = await site.creator("luna", "luna")
    await send(site, "luna", go_live, luna)

    # When it is backed up while it runs, and restored into a folder with a database of its own
    made = await create(site.platform.site, tmp_path / "backup.tar")
    done = await restore(Site(data=tmp_path / "restored"), made.path)

    # Then the recording's files are there, byte for byte
    vod = "media" + before["sources"][0]["url"].rpartition("/")[0]
    assert files(done.data / vod) == files(site.platform.site.data / vod) != {}
    # and the site starts with them
    ports = {"port": free_port(), "plugins": {"stream_local": {"rtmp_port": free_port()}}}
    async with await start_site(Site.model_validate({"data": done.data} | ports)) as again:
        there = await rows(again.platform.db.dsn)
        same = {name for name, table in made.manifest.tables.items() if there.get(name) == table}
        changed = set(made.manifest.tables) - same
        assert {"core_user", "core_identity", "core_channel", "core_ingest"} <= same, changed
        # no row is lost, also where the start adds some: it ends the broadcast that was cut off
        fewer = {name for name in changed - LIVELY if there[name].rows < made.manifest.tables[name].rows}
        assert not fewer - {name for name in fewer if name.startswith("saq_")}
        again.platform.db.bind()
        await again.platform.audit_chain.seal()
        assert (await again.platform.audit_chain.verify(Head.parse(made.manifest.audit_head))).broken is None
        assert again.platform.epoch != site.platform.epoch
        # people sign in with their passwords, and see what was theirs
        visitor = await again.browser()
        answer = await visitor.submit("/sign-in", username="nova", password=PASSWORD)
        assert answer.status == 200
        after = await recording(visitor, "nova")
        assert (after["id"], after["duration"]) == (before["id"], before["duration"])
        # the recording plays to its end
        assert await played(again.url.rstrip("/") + after["sources"][0]["url"]) >= before["duration"] - 0.2
        # and of the broadcast that was live there is a recording up to the backup
        cut_off = await recording(visitor, "luna")
        assert cut_off["duration"] > 1
        assert await played(again.url.rstrip("/") + cut_off["sources"][0]["url"]) > 1


async def played(url: str) -> float:
    """Seconds of pictures and sound that a player decodes."""
    command = [str(need("ffmpeg")), "-v", "error", "-i", url, "-f", "null", "-progress", "-", "-"]
    # in a thread: the site that it plays from runs in this one
    run = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL
    )
    assert run.stderr == ""
    times = [int(line.split("=")[1]) for line in run.stdout.splitlines() if line.startswith("out_time_us=")]
    return times[-1] / 1e6
