"""Every socket event × guest, and every class of topic × who may hear it, enumerated from the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import socketio

from aethex_live.models import Channel
from sites import Browser, LiveSite


@asynccontextmanager
async def socket_of(site: LiveSite, browser: Browser | None) -> AsyncIterator[socketio.AsyncClient]:
    """A socket of a visitor, with the cookies of their browser."""
    client = socketio.AsyncClient(reconnection=False)
    cookies = browser.session.cookie_jar if browser else ()
    headers = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies)} if browser else {}
    await client.connect(site.url, headers=headers, transports=["websocket"], wait_timeout=10)
    try:
        yield client
    finally:
        await client.disconnect()


async def test_no_event_of_a_plugin_is_taken_from_a_guest(site: LiveSite) -> None:
    events = site.platform.realtime.events()
    guarded = [event for event in events if event.access != "public"]
    assert len(guarded) >= 5
    async with socket_of(site, None) as guest:
        for event in guarded:
            answer = await guest.call(event.name, {}, timeout=10)
            assert answer["ok"] is False, f"{event.name} was taken from a guest"
            assert answer["problem"]["type"].endswith("sign-in-needed"), answer


async def test_a_topic_of_a_channel_is_open_and_its_studio_is_its_owner_s(site: LiveSite) -> None:
    # Given a channel with its owner and a stranger
    owner, stranger = await site.creator("ownerx", "ownerx"), await site.member("strangerx")
    site.platform.db.bind()
    channel = await Channel.get(slug="ownerx")
    heard = {}
    # When each asks for each class of topic
    for name, browser in (("owner", owner), ("stranger", stranger), ("guest", None)):
        async with socket_of(site, browser) as client:
            for prefix in ("channel", "viewers", "watching", "chat", "studio"):
                answer = await client.call("subscribe", {"topic": f"{prefix}:{channel.id}"}, timeout=10)
                heard[name, prefix] = answer["ok"]
    # Then the studio alone is closed to others
    closed = {key for key, ok in heard.items() if not ok}
    assert closed == {("stranger", "studio"), ("guest", "studio")}


async def test_a_topic_that_nobody_declared_is_refused(site: LiveSite) -> None:
    async with socket_of(site, None) as guest:
        for topic in ("users:all", "studio:not-an-id", "x" * 200):
            answer = await guest.call("subscribe", {"topic": topic}, timeout=10)
            assert answer["ok"] is False, topic


async def test_signing_out_closes_the_socket_within_two_seconds(site: LiveSite) -> None:
    member = await site.member("leaving1")
    client = socketio.AsyncClient(reconnection=False)
    cookie = "; ".join(f"{cookie.key}={cookie.value}" for cookie in member.session.cookie_jar)
    await client.connect(site.url, headers={"Cookie": cookie}, transports=["websocket"], wait_timeout=10)
    closed = asyncio.Event()
    client.on("disconnect", lambda *_: closed.set())
    await member.submit("/sign-out", page="/")
    async with asyncio.timeout(2):
        await closed.wait()
