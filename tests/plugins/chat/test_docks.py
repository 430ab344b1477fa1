"""Docks of OBS over HTTP and sockets: who makes them, what the token opens and what not, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import socketio

from aethex_live.models import ApiToken, Channel
from aethex_plugins.chat.models import Dock
from sites import Browser, LiveSite

TOKEN = re.compile(r"/dock\?token=(aex_[\w-]+)<")
pytestmark = pytest.mark.slow
TABLES = ("core_event", "core_audit_entry", "core_outbox", "core_control_message", "chat_dock", "core_api_token")


async def make(browser: Browser, slug: str, kind: str = "moderate") -> str:
    """Make a dock by its form; the token."""
    answer = await browser.submit(f"/p/chat/{slug}/obs", name="Studio PC", kind=kind, days="90")
    assert answer.status == 200, answer.text
    found = TOKEN.search(answer.text)
    assert found, answer.text
    return found.group(1)


@asynccontextmanager
async def socket_of(site: LiveSite, token: str) -> AsyncIterator[socketio.AsyncClient]:
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(site.url, auth={"token": token}, transports=["websocket"], wait_timeout=10)
    try:
        yield client
    finally:
        await client.disconnect()


async def test_moderators_make_docks_whose_token_is_shown_once_and_listed(site: LiveSite) -> None:
    owner = await site.creator("dock_owner", "docks")
    token = await make(owner, "docks")
    page = (await owner.get("/p/chat/docks/obs")).text
    assert token not in page
    assert token[:10] in page
    assert "never used" in page
    visitor = await site.browser()
    assert (await visitor.get(f"/p/chat/docks/dock?token={token}")).status == 200
    assert "last used" in (await owner.get("/p/chat/docks/obs")).text
    # it is one of the account's tokens, bound to this chat
    site.platform.db.bind()
    row = await ApiToken.get(hint=token[:10])
    assert row.scopes == ["chat:read", "chat:write", "moderate"]
    assert row.expires_at is not None
    assert timedelta(days=89) < row.expires_at - row.created_at <= timedelta(days=91)
    assert (await Dock.get(token_id=row.id)).kind == "moderate"
    # others make none
    stranger = await site.member("dock_stranger")
    assert (await stranger.submit("/p/chat/docks/obs", page="/settings", name="x", kind="read")).status == 403


async def test_what_is_wrong_in_the_form_is_said(site: LiveSite) -> None:
    owner = await site.creator("dock_form", "dockform")
    for fields, sentence in (
        ({"name": "", "kind": "read", "days": "90"}, "Name"),
        ({"name": "x", "kind": "everything", "days": "90"}, "Choose what the dock may do"),
        ({"name": "x", "kind": "read", "days": "999"}, "days"),
    ):
        answer = await owner.submit("/p/chat/dockform/obs", **fields)
        assert answer.status == 422, sentence
        assert "token=aex_" not in answer.text


async def test_a_token_opens_its_own_chat_alone_and_only_while_its_maker_moderates(site: LiveSite) -> None:
    owner = await site.creator("dock_own", "dockown")
    await site.creator("dock_else", "dockelse")
    moderator = await site.member("dock_mod")
    await owner.submit("/studio/dockown/moderators", page="/studio/dockown/settings", username="dock_mod")
    token, visitor = await make(moderator, "dockown"), await site.browser()
    dock = f"/p/chat/dockown/dock?token={token}"
    opened = await visitor.get(dock)
    assert opened.status == 200
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    assert opened.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors *" in opened.headers["Content-Security-Policy"]
    assert not opened.headers.getall("Set-Cookie", [])  # type: ignore[attr-defined]  # aiohttp's mapping has several
    assert (await visitor.get(f"/p/chat/dockelse/dock?token={token}")).status == 403
    assert (await visitor.get("/p/chat/dockown/dock")).status == 422
    assert (await visitor.get(f"/p/chat/dockown/dock?token={token}x")).status == 401
    # an API token that is no dock opens none
    site.platform.db.bind()
    other = await site.platform.domain.tokens.make(
        await actor_of(site, "dock_own"), "a bot", ["read", "chat:write"], days=None
    )
    assert (await visitor.get(f"/p/chat/dockown/dock?token={other.secret}")).status == 403
    # a browser that is signed in gains nothing from that
    assert (await owner.get(f"/p/chat/dockown/dock?token={token}x")).status == 401
    channel = await Channel.get(slug="dockown")
    await site.platform.db.execute("delete from core_channel_moderator where channel_id = $1", [channel.id])
    assert (await visitor.get(dock)).status == 403


async def actor_of(site: LiveSite, username: str) -> Any:
    rows = await site.platform.db.fetch("select id from core_user where username_key = $1", [username])
    from aethex_live.actor import Actor

    return Actor(user_id=rows[0]["id"], username=username, role="member")


async def test_a_dock_does_what_it_was_made_for_and_reads_nothing_else(site: LiveSite) -> None:
    owner = await site.creator("dock_power", "power")
    site.platform.db.bind()
    channel = str((await Channel.get(slug="power")).id)
    said = (await owner.api("POST", "/channels/power/chat/messages", {"text": "hi", "client_id": "1"})).json()
    allowed = {"read": set(), "write": {"chat.send"}, "moderate": {"chat.send", "chat.delete"}}
    calls = {
        "chat.send": {"channel": channel, "text": "from OBS", "client_id": "2"},
        "chat.delete": {"channel": channel, "line": said["id"]},
        "chat.block": {"channel": channel, "user": channel},
    }
    for kind, may in allowed.items():
        token = await make(owner, "power", kind)
        async with socket_of(site, token) as client:
            for topic in (f"chat:{channel}", f"viewers:{channel}"):
                answer = await client.call("subscribe", {"topic": topic}, timeout=10)
                assert answer["ok"] is topic.startswith("chat:"), (kind, topic)
            for name, data in calls.items():
                answer = await client.call(name, data | {"channel": channel}, timeout=10)
                assert answer["ok"] is (name in may), (kind, name, answer)
        visitor = await site.browser()
        shown = {"Authorization": f"Bearer {token}"}
        assert (await visitor.get("/api/v1/channels/power/chat/messages", headers=shown)).status == 200
        for path in ("/api/v1/me", "/api/v1/channels/power", "/api/v1/me/tokens"):
            assert (await visitor.get(path, headers=shown)).status in {403, 404}, path
        # pages take it where their mark says so, and nowhere else
        held = await visitor.get("/p/chat/power/held", headers=shown | {"HX-Request": "true"})
        assert held.status == (200 if kind == "moderate" else 403)
        assert (await visitor.get("/settings", headers=shown, allow_redirects=False)).status == 303
        page = (await visitor.get(f"/p/chat/power/dock?token={token}")).text
        assert ("data-composer" in page) is (kind != "read")
        assert ("data-moderator" in page) is (kind == "moderate")


async def test_revoking_closes_the_dock_within_a_second_and_for_good(site: LiveSite) -> None:
    owner = await site.creator("dock_end", "dockend")
    token = await make(owner, "dockend")
    site.platform.db.bind()
    row = await ApiToken.get(hint=token[:10])
    closed = asyncio.Event()
    async with socket_of(site, token) as client:
        client.on("disconnect", lambda *_: closed.set())
        async with asyncio.timeout(1):
            answer = await owner.submit(f"/p/chat/dockend/obs/{row.id}/revoke", page="/p/chat/dockend/obs")
            await closed.wait()
    assert "The dock is revoked" in answer.text
    assert await Dock.filter(token_id=row.id).count() == 0
    assert (await (await site.browser()).get(f"/p/chat/dockend/dock?token={token}")).status == 401
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with socket_of(site, token):
            pass
    # nobody ends what is not theirs
    again = await make(owner, "dockend")
    stranger = await site.creator("dock_thief", "dockthief")
    row = await ApiToken.get(hint=again[:10])
    for slug in ("dockend", "dockthief"):
        gone = await stranger.submit(f"/p/chat/{slug}/obs/{row.id}/revoke", page="/p/chat/dockthief/obs")
        assert gone.status in {403, 404}
    assert await ApiToken.filter(id=row.id).count() == 1


async def test_a_dock_that_expired_is_closed_by_the_clock(site: LiveSite) -> None:
    owner = await site.creator("dock_late", "docklate")
    token = await make(owner, "docklate", "read")
    site.platform.db.bind()
    closed = asyncio.Event()
    async with socket_of(site, token) as client:
        client.on("disconnect", lambda *_: closed.set())
        await ApiToken.filter(hint=token[:10]).update(expires_at=site.platform.clock.now() - timedelta(seconds=1))
        await site.platform.domain.tokens.close_expired()
        async with asyncio.timeout(2):
            await closed.wait()
    gone = await (await site.browser()).get(f"/p/chat/docklate/dock?token={token}")
    assert gone.status == 401
    assert "expired" in gone.text


async def test_an_overlay_needs_no_token_and_takes_one(site: LiveSite) -> None:
    owner = await site.creator("dock_over", "dockover")
    token, visitor = await make(owner, "dockover", "moderate"), await site.browser()
    for query in ("", f"?token={token}", f"?token={token}&theme=light&size=largest"):
        page = await visitor.get(f"/p/chat/dockover/overlay{query}")
        assert page.status == 200
    assert 'data-theme="light"' in page.text
    assert 'data-size="largest"' in page.text
    assert (await visitor.get("/p/chat/dockover/overlay?token=aex_wrong")).status == 401


async def test_no_token_of_a_dock_is_written_down(site: LiveSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    owner = await site.creator("dock_quiet", "dockquiet")
    token, visitor = await make(owner, "dockquiet"), await site.browser()
    for path in ("dock", "overlay"):
        await visitor.get(f"/p/chat/dockquiet/{path}?token={token}")
        await visitor.get(f"/p/chat/dockquiet/{path}?token={token[:-1]}")
    async with socket_of(site, token):
        pass
    site.platform.db.bind()
    await owner.submit(f"/p/chat/dockquiet/obs/{(await ApiToken.get(hint=token[:10])).id}/revoke", page="/settings")
    # uvicorn's own access log is off on a site; it is pytest that gives it a handler
    said = "\n".join(record.getMessage() for record in caplog.records if record.name != "uvicorn.access")
    stores = {"the log": said}
    for table in TABLES:
        rows = await site.platform.db.fetch(f"select t::text as line from {table} t")
        stores[table] = "\n".join(row["line"] for row in rows)
    assert [place for place, text in stores.items() if token[10:-1] in text] == []
    assert "/p/chat/dockquiet/dock" in said
