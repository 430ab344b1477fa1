"""A chat over a real database: channel, owner, moderator, viewers; what its topic hears is kept."""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio

from aethex_live import PluginContext
from aethex_live.actor import Actor
from aethex_live.cache import RateLimiter, open_redis
from aethex_live.clock import ManualClock
from aethex_live.control import Control
from aethex_live.db import Database
from aethex_live.domain.audit import Audit
from aethex_live.hookspecs.chat import ChatBadge, DraftMessage, chat_badges
from aethex_live.hookspecs.entitlements import EntitlementOffer, has_entitlement
from aethex_live.hookspecs.moderation import Review
from aethex_live.ids import uuid7
from aethex_live.models import Channel, ChannelModerator, User
from aethex_live.providers.storage import StorageCap
from aethex_live.realtime.packets import dumps
from aethex_plugins.chat.service import Chat
from aethex_plugins.chat.settings import ChatSettings

sys.path.insert(0, str(Path(__file__).parent))

from chat_windows import chromium, theatre

__all__ = ["chromium", "theatre"]


@dataclass(frozen=True)
class Heard:
    topic: str
    name: str
    data: Mapping[str, Any]
    seq: int | None
    epoch: str | None


class Topics:
    """Stands in for the engine: keeps what is published, in the order of publishing."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.now: list[Heard] = []  # the same for moderators, without a delay

    def publish(
        self, topic: str, name: str, data: Mapping[str, Any], *, seq: int | None = None, epoch: str | None = None
    ) -> None:
        dumps(data)  # as the engine would
        kept = self.now if topic.startswith("chatnow:") else self.heard
        kept.append(Heard(topic, name, data, seq, epoch))

    def named(self, name: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.name == name]


@dataclass
class Hooks:
    """Plays the other plugins: `shape` changes drafts, `reviews` are their verdicts."""

    shape: Callable[[DraftMessage], DraftMessage] = lambda draft: draft
    reviews: list[Review] = field(default_factory=list)
    asked: list[DraftMessage] = field(default_factory=list)
    offers: list[EntitlementOffer] = field(default_factory=list)
    owned: dict[UUID, set[str]] = field(default_factory=dict)
    followed: dict[UUID, datetime] = field(default_factory=dict)
    badges: dict[UUID, list[ChatBadge]] = field(default_factory=dict)
    badges_asked: int = 0

    def collect(self, spec: object) -> list[Any]:
        return [("fan", self.offers)]

    async def fold(self, spec: object, draft: DraftMessage) -> DraftMessage:
        return self.shape(draft)

    async def ask(self, spec: object, **given: Any) -> list[Any]:
        if "draft" in given:
            return self.review(given["draft"])
        user = given["user_id"]
        if spec is chat_badges:
            self.badges_asked += 1
            found: Any = self.badges.get(user)
        elif spec is has_entitlement:
            found = given["name"] in self.owned.get(user, ())
        else:
            found = self.followed.get(user)
        return [] if found is None else [SimpleNamespace(value=found, failure=None)]

    def review(self, draft: DraftMessage) -> list[Any]:
        self.asked.append(draft)
        return [SimpleNamespace(value=review) for review in self.reviews]


class Shelf:
    """A storage in memory."""

    name = "shelf"
    capabilities = frozenset({StorageCap.PUBLIC_URL})

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes, *, content_type: str) -> None:
        assert content_type == "image/webp"
        self.files[key] = data

    async def delete(self, *keys: str) -> None:
        for key in keys:
            self.files.pop(key, None)

    def public_url(self, key: str) -> str:
        return f"/shelf/{key}"


class Commands:
    """Keeps what is wanted done outside, in the place of the outbox."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Mapping[str, Any], Any]] = []

    async def publish(self, topic: str, payload: Mapping[str, Any], *, plugin: str, available_at: Any = None) -> None:
        self.published.append((topic, payload, available_at))


class Everyone:
    """Accounts that may all write."""

    def check_may_act(self, actor: Actor) -> None:
        """Nobody is held back."""


class People:
    """Describes accounts by their names alone."""

    async def describe(self, ids: list[UUID]) -> dict[UUID, Any]:
        rows = await User.filter(id__in=ids)
        return {
            row.id: SimpleNamespace(id=row.id, username=row.username, name=row.display_name, avatar=None, bio="")
            for row in rows
        }


@dataclass
class World:
    """A channel with its people, and the chat."""

    db: Database
    clock: ManualClock
    topics: Topics
    hooks: Hooks
    context: PluginContext
    chat: Chat
    channel: Channel
    owner: Actor
    moderator: Actor
    viewer: Actor
    other: Actor
    shelf: Shelf
    commands: Commands

    async def say(self, actor: Actor, text: str = "hello", **more: Any) -> Any:
        more.setdefault("client_id", str(uuid7()))
        return await self.chat.send(self.channel.id, actor, text, **more)

    async def rows(self) -> list[dict[str, Any]]:
        return await self.db.fetch("select * from chat_line where channel_id = $1 order by seq", [self.channel.id])

    async def account(self, name: str, **more: Any) -> Actor:
        return await account(name, **more)

    async def another(self, **parts: Any) -> Chat:
        """A second process of the same site."""
        return Chat(dataclasses.replace(self.context, **parts), self.chat.settings)


async def account(name: str, *, role: str = "member") -> Actor:
    user = await User.create(id=uuid7(), username=name, username_key=name.lower(), display_name=name.title(), role=role)
    return Actor(user_id=user.id, username=name, name=user.display_name, role=cast("Any", role))


Build = Callable[..., Awaitable[World]]


@pytest_asyncio.fixture
async def build(database: Database, tmp_path: Path) -> AsyncIterator[Build]:
    """`await build(rate_messages=3)`: a world with these settings."""
    worlds: list[World] = []
    redis = await open_redis(None)

    async def made(**settings: Any) -> World:
        clock = ManualClock()
        topics, hooks = Topics(), Hooks()
        shelf, commands = Shelf(), Commands()
        context = PluginContext(
            name="chat",
            site=cast("Any", None),
            settings=ChatSettings(**{"tick_ms": 5, **settings}),
            folder=tmp_path,
            clock=clock,
            secrets=cast("Any", None),
            db=database,
            domain=cast("Any", SimpleNamespace(audit=Audit(), people=People(), accounts=Everyone())),
            jobs=cast("Any", commands),
            cache=redis,
            limiter=RateLimiter(redis, clock),
            realtime=cast("Any", topics),
            control=Control(database),
            hooks=cast("Any", hooks),
            services=cast("Any", None),
            providers=cast("Any", SimpleNamespace(storage=lambda _name=None: shelf)),
            log=logging.getLogger("test.chat"),
        )
        again = f"_{len(worlds)}" if worlds else ""
        owner, moderator = await account(f"nova_wire{again}"), await account(f"nova_mods{again}")
        viewer, other = await account(f"pixelwren{again}"), await account(f"joule{again}")
        channel = await Channel.create(
            id=uuid7(), owner_id=owner.user_id, slug=f"nova{again}", name="Nova Wire", hue=20
        )
        await ChannelModerator.create(id=uuid7(), channel=channel, user_id=moderator.user_id, rights=["chat"])
        chat = Chat(context, cast("ChatSettings", context.settings))
        people = {"owner": owner, "moderator": moderator, "viewer": viewer, "other": other}
        worlds.append(
            World(database, clock, topics, hooks, context, chat, channel, **people, shelf=shelf, commands=commands)
        )
        return worlds[-1]

    yield made
    for world in worlds:
        await world.chat.close()
    await redis.aclose()


@pytest_asyncio.fixture
async def world(build: Build) -> World:
    return await build()


@pytest.fixture
def guest() -> Actor:
    return dataclasses.replace(Actor())
