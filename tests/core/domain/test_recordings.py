"""Recordings: deleted ones come back for a week, retention warns before it takes, nothing is forgotten on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from aethex_live.actor import GUEST, Actor
from aethex_live.clock import ManualClock
from aethex_live.domain.audit import Audit
from aethex_live.domain.mail_stops import MailStops
from aethex_live.domain.recording_retention import WARN_MAIL, Retention
from aethex_live.domain.recordings import DELETE_MEDIA, Recordings, file_name
from aethex_live.domain.storage_forecast import StorageForecasts, forecast, in_words
from aethex_live.errors import NotFound
from aethex_live.ids import uuid7
from aethex_live.jobs import Jobs, OutboxCall
from aethex_live.models import AuditEntry, Channel, Event, Outbox, Recording, User
from aethex_live.providers.email import Email
from aethex_live.providers.streaming import DiskUse
from aethex_live.settings import Site

DAY = 86_400.0
GB = 1 << 30


class Mailer:
    """Keeps mails."""

    def __init__(self) -> None:
        self.sent: list[Email] = []

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        self.sent.append(message)
        return idempotency_key


class Disk:
    """A streaming provider that only knows how full its disk is."""

    use: DiskUse | None = DiskUse(free=10 * GB, total=100 * GB, floor=2 * GB)

    async def disk(self) -> DiskUse | None:
        return self.use


class Providers:
    """The providers that the rules ask for."""

    def __init__(self) -> None:
        self.mailer, self.disk = Mailer(), Disk()

    def email(self) -> Mailer:
        return self.mailer

    def streaming(self, name: str | None = None) -> Disk:
        return self.disk


class Control:
    """Keeps what every process is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    async def send(self, kind: str, data: Any) -> int:
        self.sent.append((kind, data))
        return len(self.sent)


class House:
    """The rules over a real database, with a clock to move."""

    def __init__(self, database: Any) -> None:
        self.clock, self.providers, self.control = ManualClock(), Providers(), Control()
        self.jobs, audit = Jobs(database), Audit()
        parts: Any = (self.providers, self.control)
        self.recordings = Recordings(database, self.clock, parts[0], None, audit, parts[1])  # type: ignore[arg-type]  # channels are not asked here
        self.stops = MailStops(database, self.clock, audit)
        site = Site(url="https://live.example")
        self.retention = Retention(database, self.clock, parts[0], self.jobs, audit, site, self.stops)
        self.forecasts = StorageForecasts(parts[0], self.clock)

    async def open(self) -> House:
        self.owner = await User.create(
            id=uuid7(), username="ada", username_key="ada", display_name="Ada", email="ada@example.org"
        )
        self.channel = await Channel.create(id=uuid7(), owner=self.owner, slug="ada", name="Ada")
        self.actor = Actor(**{**_fields(GUEST), "user_id": self.owner.id, "username": "ada"})
        return self

    async def record(self, title: str = "Night patch", *, days: float | None = None, size: int = GB) -> Recording:
        recording_id = uuid7()
        row = await Recording.create(
            id=recording_id,
            channel=self.channel,
            provider="local",
            provider_id=str(recording_id),
            title=title,
            state="ready",
            size=size,
            expires_at=None if days is None else self.clock.now() + timedelta(days=days),
        )
        await Recording.filter(id=row.id).update(created_at=self.clock.now())
        return await Recording.get(id=row.id)

    async def mail(self) -> None:
        """Carry out the mails that wait."""
        for row in await Outbox.filter(topic=WARN_MAIL, state="new"):
            await self.retention.mail(OutboxCall(row.id, row.payload, 1, str(row.id)))
            await Outbox.filter(id=row.id).update(state="done")


def _fields(actor: Actor) -> dict[str, Any]:
    names = getattr(actor, "__dataclass_fields__", {})
    return {name: getattr(actor, name) for name in names}


@pytest_asyncio.fixture
async def house(database: Any) -> House:
    return await House(database).open()


async def purges() -> list[str]:
    return [str(row.payload["provider_id"]) for row in await Outbox.filter(topic=DELETE_MEDIA)]


async def told() -> list[str]:
    return [event.type for event in await Event.all().order_by("recorded_at", "id")]


async def test_a_deleted_recording_is_gone_for_everyone_and_comes_back_whole(house: House) -> None:
    row = await house.record()
    await house.recordings.change(row, house.actor, title="Patch", visibility="unlisted")
    # When it is deleted, twice
    await house.recordings.delete(row, house.actor)
    await house.recordings.delete(row, house.actor)
    # Then nobody gets at it, its media is still there, and the media process is told
    assert await house.recordings.openness("local", row.provider_id) == "gone"
    assert [found.id for found in await house.recordings.deleted(house.channel.id)] == [row.id]
    assert await purges() == []
    assert house.control.sent[-1] == ("recording.access", {"provider": "local", "provider_id": row.provider_id})
    # When it is brought back on the seventh day, Then it is as it was
    house.clock.advance(6.9 * DAY)
    back = await house.recordings.restore(house.channel.id, row.id, house.actor)
    found = await Recording.get(id=back.id)
    assert (found.state, found.title, found.visibility, found.deleted_at) == ("ready", "Patch", "unlisted", None)
    assert await told() == ["recording.changed", "recording.deleted", "recording.restored"]
    assert [entry.action for entry in await AuditEntry.all().order_by("at", "id")] == [
        "recording.deleted",
        "recording.restored",
    ]


async def test_after_seven_days_it_is_gone_for_good_and_its_media_with_it(house: House) -> None:
    row = await house.record()
    await house.recordings.delete(row, house.actor)
    house.clock.advance(7 * DAY + 1)
    assert await house.recordings.deleted(house.channel.id) == []
    with pytest.raises(NotFound):
        await house.recordings.restore(house.channel.id, row.id, house.actor)
    await house.retention.tick()
    await house.retention.tick()
    assert await Recording.get_or_none(id=row.id) is None
    assert await purges() == [row.provider_id]
    assert (await told())[-1] == "recording.purged"


async def test_another_channels_owner_brings_nothing_back(house: House) -> None:
    row = await house.record()
    await house.recordings.delete(row, house.actor)
    with pytest.raises(NotFound):
        await house.recordings.restore(uuid7(), row.id, house.actor)
    with pytest.raises(NotFound):
        await house.retention.purge(uuid7(), row.id, house.actor)
    with pytest.raises(NotFound):
        await house.retention.purge(house.channel.id, (await house.record()).id, house.actor)
    await house.retention.purge(house.channel.id, row.id, house.actor)
    assert await purges() == [row.provider_id]


async def test_retention_warns_once_three_days_before_and_then_takes(house: House) -> None:
    first, second = await house.record("One", days=10), await house.record("Two", days=10)
    house.clock.advance(6.9 * DAY)
    await house.retention.tick()
    assert await Outbox.filter(topic=WARN_MAIL).count() == 0
    # When it is three days before
    house.clock.advance(0.2 * DAY)
    for _ in range(3):
        await house.retention.tick()
    await house.mail()
    # Then the owner gets one mail about both
    [mail] = house.providers.mailer.sent
    assert (mail.to, "2 videos" in mail.subject) == ("ada@example.org", True)
    assert "One" in mail.text
    assert "https://live.example/studio/ada/videos" in mail.text
    # When one is kept, Then only the other one goes, at its time
    await house.recordings.keep(first, house.actor)
    house.clock.advance(2.8 * DAY)
    await house.retention.tick()
    assert await purges() == []
    house.clock.advance(0.3 * DAY)
    await house.retention.tick()
    assert await purges() == [second.provider_id]
    assert (await Recording.get(id=first.id)).expires_at is None


async def test_nothing_goes_that_was_not_warned_of_for_three_days(house: House) -> None:
    # Given a site that slept past the day
    row = await house.record(days=10)
    house.clock.advance(30 * DAY)
    await house.retention.tick()
    assert await Recording.filter(id=row.id).exists()
    assert await Outbox.filter(topic=WARN_MAIL).count() == 1
    house.clock.advance(2.9 * DAY)
    await house.retention.tick()
    assert await purges() == []
    house.clock.advance(0.2 * DAY)
    await house.retention.tick()
    assert await purges() == [row.provider_id]


async def test_what_was_kept_before_the_mail_went_out_is_not_in_it(house: House) -> None:
    row = await house.record(days=2)
    await house.retention.tick()
    await house.recordings.keep(row, house.actor)
    await house.mail()
    assert house.providers.mailer.sent == []


async def test_the_disk_is_forecast_from_the_last_week(house: House) -> None:
    # Given 2 GB a day for a week, and 8 GB above the floor
    for _ in range(7):
        await house.record(size=2 * GB)
        house.clock.advance(DAY)
    found = await house.forecasts.now()
    assert found is not None
    assert (found.recorded, found.a_day // GB, found.tone, found.recording) == (14 * GB, 2, "warn", True)
    assert "full in about 4 days at the rate of the last week" in found.sentence
    # When as much goes as comes, Then it does not fill
    await Recording.all().update(expires_at=house.clock.now() + timedelta(days=3))
    steady = await house.forecasts.now()
    assert steady is not None
    assert steady.full_in is None
    # When less than the floor is free, Then nothing is recorded
    house.providers.disk.use = DiskUse(free=GB, total=100 * GB, floor=2 * GB)
    full = await house.forecasts.now()
    assert full is not None
    assert (full.recording, full.tone) == (False, "danger")
    assert "nothing is recorded" in full.sentence
    house.providers.disk.use = None
    assert await house.forecasts.now() is None


def test_a_young_site_is_not_judged_by_an_hour() -> None:
    found = forecast(DiskUse(free=10 * GB, total=GB, floor=0), recorded=GB, grown=GB, over=timedelta(minutes=5))
    assert found.full_in == timedelta(days=10)


@pytest.mark.parametrize(
    ("days", "words"), [(0.01, "1 hour"), (0.5, "12 hours"), (3, "3 days"), (90, "3 months"), (800, "2 years")]
)
def test_a_span_is_said_as_people_say_it(days: float, words: str) -> None:
    assert in_words(timedelta(days=days)) == words


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Night patch #4", "2026-01-01 Night patch 4"),
        ("../../etc/passwd", "2026-01-01 etc passwd"),
        ('a"b\r\nc: d', "2026-01-01 a b c d"),
        ("été à Zürich", "2026-01-01 été à Zürich"),
        ("", "2026-01-01"),
    ],
)
def test_a_download_has_a_name_that_every_disk_takes(title: str, name: str) -> None:
    assert file_name(title, ManualClock().now()) == name
