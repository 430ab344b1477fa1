"""Ingests of a channel at several providers, as after a switch: keys, ends and health are of all of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from aethex_live.clock import ManualClock
from aethex_live.control import Control
from aethex_live.db import Database
from aethex_live.domain.audit import Audit
from aethex_live.domain.ingests import ROTATE, Ingests
from aethex_live.domain.vendor_streams import SHUT
from aethex_live.errors import Unavailable
from aethex_live.ids import uuid7
from aethex_live.jobs import Jobs, OutboxCall
from aethex_live.models import AuditEntry, Broadcast, Channel, Event, Ingest, Outbox, User
from aethex_live.providers import NotFound
from aethex_live.providers import Unavailable as Silent
from aethex_live.providers.streaming import IngestHealth, LiveStatus, ProviderIngest, StreamCap


class Vendor:
    """A provider that remembers what it was told; `fails` is what it says instead."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.capabilities = {StreamCap.ROTATE_KEY, StreamCap.HEALTH}
        self.told: list[tuple[Any, ...]] = []
        self.fails: Exception | None = None

    async def create_ingest(self, spec: Any, *, idempotency_key: str) -> ProviderIngest:
        return ProviderIngest(id=f"{self.name}-ingest", endpoints=(), latency="low")

    async def rotate_key(self, ingest_id: str, *, key_version: int) -> None:
        self._tell("rotate", ingest_id, key_version)

    async def end_broadcast(self, ingest_id: str) -> None:
        self._tell("end", ingest_id)

    async def health(self, ingest_id: str) -> IngestHealth:
        return IngestHealth(status=LiveStatus.LIVE, verdict="good", bitrate_kbps=len(self.name))

    def _tell(self, *words: Any) -> None:
        if self.fails is not None:
            raise self.fails
        self.told.append(words)


class House:
    """A channel that has been live at a former provider, at a site where another one is chosen now."""

    def __init__(self, database: Database) -> None:
        self.former, self.chosen = Vendor("former"), Vendor("chosen")
        self.on = {"former": self.former, "chosen": self.chosen}
        providers: Any = SimpleNamespace(streaming=lambda name=None: self.on.get(name or "chosen"))
        self.ingests = Ingests(database, providers, Control(database), Audit(), Jobs(database))
        self.channel: Channel
        self.rows: dict[str, Ingest]

    async def fill(self) -> House:
        user = await User.create(id=uuid7(), username="ada", username_key="ada", display_name="Ada")
        self.channel = await Channel.create(id=uuid7(), owner=user, slug="ada", name="Ada")
        row = await Ingest.create(id=uuid7(), channel=self.channel, provider="former", provider_id="former-ingest")
        self.rows = {"former": row, "chosen": (await self.ingests.of(self.channel)).row}
        return self

    async def go_live(self, name: str) -> None:
        now = ManualClock().now()
        await Broadcast.create(
            id=uuid7(), channel=self.channel, ingest=self.rows[name], provider=name, provider_id=name, title="t",
            started_at=now, playback={},
        )  # fmt: skip

    def silence(self, name: str) -> None:
        self.on[name].fails = Silent("It does not answer.", provider=name, operation="x")

    async def jobs(self, topic: str) -> list[str]:
        return [str(row.payload["ingest"]) for row in await Outbox.filter(topic=topic)]

    async def carry_out(self) -> None:
        [handler] = self.ingests.handlers()
        for row in await Outbox.filter(topic=ROTATE, state="new"):
            await handler.run(OutboxCall(row.id, row.payload, 1, str(row.id)))


@pytest_asyncio.fixture
async def house(rolled_back: Database) -> House:
    rolled_back.bind()
    return await House(rolled_back).fill()


async def test_a_new_key_shuts_out_the_keys_of_former_providers_too(house: House) -> None:
    # When a key is rotated
    await house.ingests.rotate_key(house.channel, None)
    # Then no version of before fits anywhere, and the chosen provider has made a new one
    assert await Ingest.all().values_list("key_version", flat=True) == [2, 2]
    assert house.chosen.told == [("rotate", "chosen-ingest", 2)]
    assert await Event.filter(type="ingest.key_rotated").count() == 2
    assert await AuditEntry.filter(action="stream_key.rotated").count() == 1
    # and the former one as soon as it is asked
    await house.carry_out()
    assert house.former.told == [("rotate", "former-ingest", 2)]


async def test_a_former_provider_that_is_silent_holds_up_no_new_key(house: House) -> None:
    house.silence("former")
    await house.ingests.rotate_key(house.channel, None)
    assert house.chosen.told == [("rotate", "chosen-ingest", 2)]
    with pytest.raises(Silent):
        await house.carry_out()
    # one without such an ingest any more has no key either
    house.former.fails = NotFound("No such ingest.", provider="former", operation="rotate_key")
    await house.carry_out()
    # and one that is switched off is waited for
    del house.on["former"]
    with pytest.raises(Unavailable, match="switch its plugin on"):
        await house.carry_out()


async def test_a_former_provider_that_is_silent_holds_up_no_end(house: House) -> None:
    # Given a stream at the chosen provider, and a former one that does not answer
    await house.go_live("chosen")
    house.silence("former")
    # When the stream is ended, Then it is, and nobody hears of the other one
    await house.ingests.end(house.channel)
    assert house.chosen.told == [("end", "chosen-ingest")]


async def test_who_ends_a_stream_hears_that_it_goes_on(house: House) -> None:
    await house.go_live("former")
    house.silence("former")
    with pytest.raises(Silent):
        await house.ingests.end(house.channel)
    assert house.chosen.told == [("end", "chosen-ingest")]


async def test_what_may_not_be_live_is_ended_later_where_it_cannot_be_now(house: House) -> None:
    await house.go_live("former")
    house.silence("former")
    await house.ingests.shut(house.channel)
    assert house.chosen.told == [("end", "chosen-ingest")]
    assert await house.jobs(SHUT) == [str(house.rows["former"].id)]


async def test_an_ingest_that_is_gone_at_its_provider_is_no_failure(house: House) -> None:
    await house.go_live("former")
    house.former.fails = NotFound("No such ingest.", provider="former", operation="end_broadcast")
    await house.ingests.end(house.channel)
    await house.ingests.shut(house.channel)
    assert await house.jobs(SHUT) == []


async def test_the_health_shown_is_that_of_what_is_live(house: House) -> None:
    idle = await house.ingests.health(house.channel)
    assert idle is not None
    assert idle.bitrate_kbps == len("chosen")
    house.former.name = "the former one"
    await house.go_live("former")
    live = await house.ingests.health(house.channel)
    assert live is not None
    assert live.bitrate_kbps == len("the former one")
