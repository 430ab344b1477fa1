"""A chat over a real database: channel, owner, moderator, viewers; what its topic hears is kept."""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
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
from aethex_live.db import Database
from aethex_live.domain.audit import Audit
from aethex_live.hookspecs.chat import DraftMessage
from aethex_live.hookspecs.moderation import Review
from aethex_live.ids import uuid7
from aethex_live.models import Channel, ChannelModerator, User
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

    def publish(
        self, topic: str, name: str, data: Mapping[str, Any], *, seq: int | None = None, epoch: str | None = None
    ) -> None:
        dumps(data)  # as the engine would
        self.heard.append(Heard(topic, name, data, seq, epoch))

    def named(self, name: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.name == name]


@dataclass
class Hooks:
    """Plays the other plugins: `shape` changes drafts, `reviews` are their verdicts."""

    shape: Callable[[DraftMessage], DraftMessage] = lambda draft: draft
    reviews: list[Review] = field(default_factory=list)
    asked: list[DraftMessage] = field(default_factory=list)

    async def fold(self, spec: object, draft: DraftMessage) -> DraftMessage:
        return self.shape(draft)

    async def ask(self, spec: object, *, draft: DraftMessage) -> list[Any]:
        self.asked.append(draft)
        return [SimpleNamespace(value=review) for review in self.reviews]


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

    async def say(self, actor: Actor, text: str = "hello", **more: Any) -> Any:
        more.setdefault("client_id", str(uuid7()))
        return await self.chat.send(self.channel.id, actor, text, **more)

    async def rows(self) -> list[dict[str, Any]]:
        return await self.db.fetch("select * from chat_line where channel_id = $1 order by seq", [self.channel.id])

    async def account(self, name: str, **more: Any) -> Actor:
        return await account(name, **more)

    async def another(self) -> Chat:
        """A second process of the same site."""
        return Chat(self.context, self.chat.settings)


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
        context = PluginContext(
            name="chat",
            site=cast("Any", None),
            settings=ChatSettings(**{"tick_ms": 5, **settings}),
            folder=tmp_path,
            clock=clock,
            secrets=cast("Any", None),
            db=database,
            domain=cast("Any", SimpleNamespace(audit=Audit(), people=People(), accounts=Everyone())),
            jobs=cast("Any", None),
            cache=redis,
            limiter=RateLimiter(redis, clock),
            realtime=cast("Any", topics),
            control=cast("Any", None),
            hooks=cast("Any", hooks),
            services=cast("Any", None),
            providers=cast("Any", None),
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
        worlds.append(World(database, clock, topics, hooks, context, chat, channel, owner, moderator, viewer, other))
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
