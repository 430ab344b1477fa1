"""A plugin that knows followers and subscribers, in a site's own folder: what chat offers, asks and shows then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sites import Browser, LiveSite, OpenSite

MANIFEST = """
name = "fans"
title = "Fans"
summary = "Whoever is called fan follows and subscribes."
api = "1.0"
phase = 2
permissions = ["Says who follows a channel."]
"""
CODE = '''
"""fans: whoever is called fan follows every channel since an hour, and subscribes to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from aethex_live import Plugin, hookimpl
from aethex_live.hookspecs.chat import ChatBadge
from aethex_live.hookspecs.entitlements import FOLLOWER, SUBSCRIBER, EntitlementOffer


class Fans(Plugin):
    async def is_fan(self, user_id: UUID) -> bool:
        rows = await self.context.db.fetch("select username from core_user where id = $1", [user_id])
        return bool(rows) and rows[0]["username"].startswith("fan")

    @hookimpl
    def entitlement_offers(self) -> Sequence[EntitlementOffer]:
        return [
            EntitlementOffer(name=FOLLOWER, label="Follow", path="/{slug}"),
            EntitlementOffer(name=SUBSCRIBER, label="Subscribe", path="/p/fans/{slug}"),
        ]

    @hookimpl
    async def has_entitlement(self, user_id: UUID, channel_id: UUID, name: str) -> bool | None:
        return await self.is_fan(user_id) if name == SUBSCRIBER else None

    @hookimpl
    async def followed_since(self, user_id: UUID, channel_id: UUID) -> datetime | None:
        return self.context.clock.now() - timedelta(hours=1) if await self.is_fan(user_id) else None

    @hookimpl
    async def chat_badges(self, user_id: UUID, channel_id: UUID) -> Sequence[ChatBadge] | None:
        if not await self.is_fan(user_id):
            return None
        return [
            ChatBadge(key="fan", label="Fan", icon="/favicon.ico"),
            ChatBadge(key="bad", label="Elsewhere", icon="https://elsewhere.example/x.png"),
        ]
'''


async def site_with_fans(open_site: OpenSite, folder: Path) -> LiveSite:
    place = folder / "plugins" / "fans"
    place.mkdir(parents=True)
    (place / "plugin.toml").write_text(MANIFEST)
    (place / "__init__.py").write_text(CODE)
    config = folder / "aethex.toml"
    config.write_text('[providers]\nstreaming = "none"\n')
    return await open_site(config_file=config)


async def say(browser: Browser, text: str) -> Any:
    return await browser.api("POST", "/channels/nova/chat/messages", {"text": text, "client_id": text})


def code(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_modes_of_fans_are_offered_hold_and_go_with_their_plugin(open_site: OpenSite, tmp_path: Path) -> None:
    # Given a channel on a site whose plugin knows followers and subscribers
    site = await site_with_fans(open_site, tmp_path)
    operator, owner = await site.operator(), await site.creator("ada", "nova")
    fan, stranger = await site.member("fan_one"), await site.member("stranger")
    form = (await owner.get("/p/chat/nova/modes")).text
    assert "Followers only" in form
    assert "Subscribers only" in form
    # When only old followers may write
    modes = {"followers_only": True, "follow_minutes": 30}
    assert (await owner.api("PUT", "/channels/nova/chat/modes", modes)).status == 200
    # Then a follower does, with the badge of the plugin, and a stranger reads what to do
    assert (await say(fan, "hello")).status == 201
    refused = await say(stranger, "hello")
    assert (refused.status, code(refused)) == (403, "chat-followers-only")
    me = (await stranger.api("GET", "/channels/nova/chat/me")).json()
    assert me["barrier"]["action"] == {"label": "Follow", "path": "/nova"}
    assert "Only followers may write here" in (await stranger.get("/p/chat/nova")).text
    (message,) = (await stranger.api("GET", "/channels/nova/chat/messages")).json()["items"]
    assert message["badges"] == [{"key": "fan", "label": "Fan", "icon": "/favicon.ico"}]
    assert 'src="/favicon.ico" alt="Fan"' in (await stranger.get("/p/chat/nova")).text
    # When a follow must be older, Then it says how long still
    await owner.api("PUT", "/channels/nova/chat/modes", {"followers_only": True, "follow_minutes": 120})
    refused = await say(fan, "again")
    assert "so you can in 1 hour" in refused.json()["detail"]
    # When only subscribers may write and the plugin goes, Then nobody but moderators does, who are told why
    await owner.api("PUT", "/channels/nova/chat/modes", {"subscribers_only": True})
    assert (await say(fan, "subscribed")).status == 201
    answer = await operator.submit("/admin/plugins/fans", page="/admin/plugins", switch="off")
    assert answer.status == 200, answer.text
    refused = await say(fan, "still here")
    assert code(refused) == "chat-subscribers-only"
    assert (await say(owner, "we are closed")).status == 201
    assert "no plugin that knows subscribers is on" in (await owner.get("/p/chat/nova")).text
    form = (await owner.get("/p/chat/nova/modes")).text
    assert "Followers only" not in form
    # and the mode can be turned off, but not on again
    assert (await owner.api("PUT", "/channels/nova/chat/modes", {})).status == 200
    assert (await say(fan, "open again")).status == 201
    assert (await owner.api("PUT", "/channels/nova/chat/modes", {"subscribers_only": True})).status == 422


async def test_on_a_site_without_such_a_plugin_nothing_of_it_is_offered(site: LiveSite) -> None:
    owner = await site.creator("ada", "nova")
    form = (await owner.get("/p/chat/nova/modes")).text
    assert "Followers only" not in form
    assert "Subscribers only" not in form
    assert (await owner.api("PUT", "/channels/nova/chat/modes", {"followers_only": True})).status == 422
