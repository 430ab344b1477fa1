"""The test picture: a hidden channel for half a minute, so that an operator sees the whole way of a stream work."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from aethex_live._site.test_encoder import reachable, send
from aethex_live.actor import Actor
from aethex_live.checks.machine import find_ffmpeg
from aethex_live.errors import AethexError, Conflict, Unavailable
from aethex_live.events import record
from aethex_live.events.types import ChannelCreated
from aethex_live.ids import uuid7
from aethex_live.jobs import Schedule
from aethex_live.models import Broadcast, Channel, ChannelSlug, Recording, SiteFact
from aethex_live.providers.streaming import Endpoint, Rehearsing
from aethex_live.waiting import end_task

if TYPE_CHECKING:
    from aethex_live.platform import Platform

KEY: Final = "test_picture"
STALE: Final = timedelta(minutes=3)  # longer than a whole test; its process is gone then
NAME: Final = "Test picture"
_SETTLE_S = 15.0
Stage = Literal["none", "starting", "live", "worked", "failed"]

log = logging.getLogger("aethex.test_picture")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPicture:
    """How the newest test stands; `channel` and `broadcast` are there while it can be watched."""

    stage: Stage
    sentence: str = ""
    note: str = ""
    at: datetime | None = None
    channel: Channel | None = None
    broadcast: Broadcast | None = None

    __test__ = False  # no test of pytest's


class TestPictures:
    """Shows one test picture at a time; what it made is removed afterwards, also when a process died meanwhile."""

    __test__ = False

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._task: asyncio.Task[None] | None = None

    def schedules(self) -> list[Schedule]:
        """Removes what a process left that ended in the middle."""
        return [Schedule("core.test_picture", timedelta(minutes=2), self.tidy)]

    def why_not(self) -> str:
        """Why there can be no test picture here; empty when there can."""
        if self._platform.providers.streaming() is None:
            return "Streaming is switched off: its provider is “none”."
        if find_ffmpeg(self._platform.site) is None:
            return "There is no ffmpeg here to make the picture. Install the extra “media”, or stream from OBS instead."
        return ""

    async def state(self) -> TestPicture:
        """How the newest test stands, whichever process runs it."""
        fact = await SiteFact.get_or_none(key=KEY)
        if fact is None:
            return TestPicture(stage="none")
        kept = json.loads(fact.value)
        at = datetime.fromisoformat(kept["at"])
        if kept["stage"] != "starting":
            return TestPicture(stage=kept["stage"], sentence=kept["sentence"], note=kept.get("note", ""), at=at)
        channel = await Channel.get_or_none(id=kept["channel"], delete_at__isnull=True).select_related(
            "owner", "category"
        )
        broadcast = await Broadcast.filter(channel_id=kept["channel"]).select_related("category").first()
        live = broadcast is not None and broadcast.state != "ended"
        return TestPicture(
            stage="live" if live else "starting",
            note=kept.get("note", ""),
            at=at,
            channel=channel,
            broadcast=broadcast if live else None,
        )

    async def begin(self, actor: Actor) -> None:
        """Begin a test. Raises Unavailable with what is missing, Conflict while another one runs."""
        if why := self.why_not():
            raise Unavailable(why)
        await self.tidy()
        if (await self.state()).stage in {"starting", "live"}:
            raise Conflict("A test picture is on already; it ends by itself within a minute.")
        channel = await self._make_channel(actor)
        try:
            endpoint = await self._endpoint(channel, actor)
            url, note = await reachable(endpoint)
        except AethexError as error:
            await self._finish(channel.id, "failed", str(error))
            await self._remove(channel.id)
            raise
        if note:
            await self._keep(channel.id, "starting", note=note)
        self._task = asyncio.create_task(self._run(channel.id, f"{url}/{endpoint.key}", note), name="test-picture")

    async def _make_channel(self, actor: Actor) -> Channel:
        """A channel beyond any quota that stands in no list."""
        channel_id, slug = uuid7(), f"test-picture-{secrets.token_hex(4)}"
        assert actor.user_id is not None, "operators are signed in"
        async with self._platform.db.transaction():
            channel = await Channel.create(
                id=channel_id, owner_id=actor.user_id, slug=slug, name=NAME, visibility="unlisted", hue=190
            )
            await ChannelSlug.create(slug=slug, channel=channel)
            made = ChannelCreated(channel_id=channel_id, owner_id=actor.user_id, slug=slug, name=NAME)
            await record(made, subject=f"channel:{channel_id}", actor=actor.user_id, channel=channel_id)
            await self._platform.domain.audit.write("test_picture.begun", actor=actor, subject=f"channel:{channel_id}")
            await self._keep(channel_id, "starting")
        return channel

    async def _endpoint(self, channel: Channel, actor: Actor) -> Endpoint:
        ingests = self._platform.domain.ingests
        if isinstance(self._platform.providers.streaming(), Rehearsing):
            await ingests.rehearse(channel, actor, on=True)
        endpoints = await ingests.endpoints(channel)
        found = next((endpoint for endpoint in endpoints if endpoint.protocol == "rtmp"), None)
        if found is None:
            raise Unavailable("The streaming provider has no RTMP address, so no test picture can be sent to it.")
        return found

    async def _keep(self, channel_id: UUID, stage: Stage, sentence: str = "", note: str = "") -> None:
        at = self._platform.clock.now().isoformat()
        kept = {"stage": stage, "channel": str(channel_id), "sentence": sentence, "note": note, "at": at}
        await SiteFact.update_or_create(key=KEY, defaults={"value": json.dumps(kept)})

    async def _run(self, channel_id: UUID, target: str, note: str) -> None:
        self._platform.db.bind()
        try:
            said = await send(find_ffmpeg(self._platform.site) or Path("ffmpeg"), target)
            shown = await Broadcast.filter(channel_id=channel_id).exists()
            if shown:
                sentence = "The test picture went live and could be watched: streaming works."
                await self._finish(channel_id, "worked", sentence, note)
            else:
                why = said or "the encoder ended without a word"
                await self._finish(channel_id, "failed", f"The picture did not go live: {why}.", note)
        except (AethexError, OSError) as error:
            log.exception("The test picture failed.")
            await self._finish(channel_id, "failed", f"The picture did not go live: {error}", note)
        finally:
            await self._remove(channel_id)

    async def _finish(self, channel_id: UUID, stage: Stage, sentence: str, note: str = "") -> None:
        await self._keep(channel_id, stage, sentence, note)

    async def _remove(self, channel_id: UUID) -> None:
        """End the stream and delete the channel with its recording, by the outbox."""
        channel = await Channel.get_or_none(id=channel_id)
        if channel is None:
            return
        domain = self._platform.domain
        with contextlib.suppress(AethexError):
            await domain.ingests.end(channel)
        await self._settled(channel_id)
        async with self._platform.db.transaction():
            await domain.removal.channel(channel, None)

    async def _settled(self, channel_id: UUID) -> None:
        """Wait until the broadcast is over and its recording is written, so that both can be deleted."""
        try:
            async with asyncio.timeout(_SETTLE_S):
                while not await _is_over(channel_id):  # noqa: ASYNC110 - another process may end it
                    await asyncio.sleep(0.5)
        except TimeoutError:
            log.info("The test picture left no recording.")

    async def tidy(self) -> None:
        """Remove what an older test left behind."""
        fact = await SiteFact.get_or_none(key=KEY)
        if fact is None:
            return
        kept = json.loads(fact.value)
        if self._platform.clock.now() - datetime.fromisoformat(kept["at"]) < STALE:
            return
        if kept["stage"] == "starting":
            await self._finish(UUID(kept["channel"]), "failed", "The test was cut short: its process ended.")
        await self._remove(UUID(kept["channel"]))

    async def stop(self) -> None:
        """End a test that runs; a later process removes what it made."""
        task, self._task = self._task, None
        await end_task(task)


async def _is_over(channel_id: UUID) -> bool:
    broadcast = await Broadcast.filter(channel_id=channel_id).first()
    if broadcast is None:
        return True
    return broadcast.state == "ended" and await Recording.filter(broadcast_id=broadcast.id).exists()
