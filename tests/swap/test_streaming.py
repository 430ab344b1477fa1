"""Create a channel, go live, count viewers, record, clip, delete: the same text on every streaming provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import pytest_asyncio
from stream_stands import FakeEncoder, streaming_stands
from swap_kit import House, Stand, again, fetch, until

from aethex_live.clock import SystemClock
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Ingest, Recording, User
from aethex_live.providers import Kind, NotFound, Offer
from aethex_live.providers.streaming import (
    Clipping,
    Counting,
    DiskKeeping,
    Downloading,
    IngestSpec,
    LiveStatus,
    PlaybackRef,
    Recordings,
    Rehearsing,
    Simulcasting,
    StreamCap,
    StreamProvider,
    Switching,
    Watching,
)
from aethex_live.testing.fakes.vendor import FakeVendor
from sites import PASSWORD, Browser, LiveSite
from swap_report import Steps

PROVIDERS = ("local", "mux", "cloudflare", "vendor")
SWITCHES = [(old, new) for old in PROVIDERS[:3] for new in PROVIDERS[:3] if old != new]


@pytest_asyncio.fixture(scope="module")
async def house(database_copy: Any, tmp_path_factory: Any) -> AsyncIterator[House]:
    """A site with every streaming provider set up, the one in memory among them."""
    dsn, folder = await database_copy(), tmp_path_factory.mktemp("swap")
    async with streaming_stands() as stands, House("streaming", dsn, folder, stands) as made:
        site = await made.start("local")
        fake = FakeVendor(SystemClock(), [FakeEncoder.secret])
        site.platform.providers.install("stream_local", Kind.STREAMING, Offer("vendor", lambda: fake), announced=True)
        made.stands = [*stands, Stand("vendor", "", hands=FakeEncoder(fake))]
        yield made


class Studio:
    """A channel, its ingest at one provider, and what the scenario does with it."""

    def __init__(self, site: LiveSite, provider: Any, hands: Any) -> None:
        self.site, self.provider, self.hands = site, provider, hands
        self.channel: Channel
        self.ingest: Ingest
        self.live: Broadcast
        self.recording: Recording

    async def create(self) -> None:
        name = f"nova_{self.provider.name}"
        owner = await User.create(id=uuid7(), username=name, username_key=name, display_name="Nova")
        self.channel = await Channel.create(id=uuid7(), owner=owner, slug=name.replace("_", "-"), name="Nova")
        spec = IngestSpec(ref=uuid7(), title="Nova")
        made = await self.provider.create_ingest(spec, idempotency_key=str(spec.ref))
        assert isinstance(self.provider, StreamProvider)
        self.ingest = await Ingest.create(
            id=spec.ref, channel=self.channel, provider=self.provider.name, provider_id=made.id
        )
        [first, *_] = await self.provider.endpoints(made.id, key_version=1)
        assert first.key
        assert first.key not in repr(first)

    async def rotate(self) -> None:
        before = await self.provider.endpoints(self.ingest.provider_id, key_version=1)
        await Ingest.filter(id=self.ingest.id).update(key_version=2)
        await self.provider.rotate_key(self.ingest.provider_id, key_version=2)
        await self.ingest.refresh_from_db()
        after = await self.provider.endpoints(self.ingest.provider_id, key_version=2)
        assert not {one.key for one in before} & {one.key for one in after}

    async def go_live(self) -> None:
        await self.hands.go_live(self.site, self.provider, self.ingest)
        self.live = await until(Broadcast.filter(ingest_id=self.ingest.id, state="live").first)
        assert self.live.provider == self.provider.name

    async def is_live(self) -> None:
        assert isinstance(self.provider, Watching)
        assert (await self.provider.live_state(self.ingest.provider_id)).status is LiveStatus.LIVE

    async def play(self) -> None:
        await plays(self.site, self.provider, PlaybackRef.from_json(self.live.playback))

    async def play_privately(self) -> None:
        ref = PlaybackRef.from_json(self.live.playback, private=True)
        [source, *_] = self.provider.playback(ref)
        assert source.expires_at is not None

    async def look(self) -> None:
        picture = self.provider.image(PlaybackRef.from_json(self.live.playback))
        assert picture is None or picture.startswith(("/", "http"))

    async def feel(self) -> None:
        assert (await self.provider.health(self.ingest.provider_id)).status is LiveStatus.LIVE

    async def count(self) -> None:
        assert isinstance(self.provider, Counting)
        [(ingest_id, count)] = (await self.provider.viewers([self.ingest.provider_id])).items()
        assert ingest_id == self.ingest.provider_id
        assert count is None or count >= 0

    async def send_on(self) -> None:
        assert isinstance(self.provider, Simulcasting)
        place = ("rtmp://127.0.0.1/app", "a-key")
        target = await self.provider.add_simulcast(self.ingest.provider_id, *place, ref="elsewhere")
        assert await self.provider.add_simulcast(self.ingest.provider_id, *place, ref="elsewhere") == target
        await self.provider.remove_simulcast(self.ingest.provider_id, target)

    async def clip_live(self) -> None:
        assert isinstance(self.provider, Watching)
        state = await self.provider.live_state(self.ingest.provider_id)
        assert state.recording_id
        await self._clip(state.recording_id)

    async def end(self) -> None:
        await self.provider.end_broadcast(self.ingest.provider_id)
        await self.hands.leave(self.site, self.ingest)
        await until(Broadcast.filter(id=self.live.id, state="ended").first)

    async def record(self) -> None:
        self.recording = await until(Recording.filter(broadcast_id=self.live.id, state="ready").first)
        assert self.recording.provider == self.provider.name
        await plays(self.site, self.provider, PlaybackRef.from_json(self.recording.playback))

    async def list_recordings(self) -> None:
        assert isinstance(self.provider, Recordings)
        [found] = await self.provider.recordings(self.ingest.provider_id)
        assert (found.id, found.status) == (self.recording.provider_id, "ready")
        assert (await self.provider.get_recording(found.id)).id == found.id

    async def clip(self) -> None:
        await self._clip(self.recording.provider_id)

    async def _clip(self, recording_id: str) -> None:
        assert isinstance(self.provider, Clipping)
        wish = {"ref": f"clip-{recording_id}", "title": "Best", "idempotency_key": f"clip-{recording_id}"}
        first = await self.provider.create_clip(recording_id, 1.0, 3.0, **wish)
        again = await self.provider.create_clip(recording_id, 1.0, 3.0, **wish)
        assert (first.id, first.playback.provider) == (again.id, self.provider.name)

    async def download(self) -> None:
        assert isinstance(self.provider, Downloading)
        address = self.provider.download(PlaybackRef.from_json(self.recording.playback), name="nova")
        status, body = await fetch(urljoin(self.site.url, address))
        assert (status, body[4:8]) == (200, b"ftyp")

    async def ask_disk(self) -> None:
        assert isinstance(self.provider, DiskKeeping)
        disk = await self.provider.disk()
        assert disk is None or 0 < disk.free <= disk.total

    async def rehearse(self) -> None:
        assert isinstance(self.provider, Rehearsing)
        await self.provider.go_public(self.ingest.provider_id)  # nobody rehearses: nothing happens

    async def shut(self) -> None:
        assert isinstance(self.provider, Switching)
        for enabled in (False, True):
            await self.provider.set_enabled(self.ingest.provider_id, enabled=enabled)

    async def delete_recording(self) -> None:
        name = self.recording.provider_id
        assert await self.hands.has(self.site, name)
        for _ in range(2):
            await self.provider.delete_recording(name)
        assert not await self.hands.has(self.site, name)

    async def miss_recording(self) -> None:
        assert isinstance(self.provider, Recordings)
        with pytest.raises(NotFound):
            await self.provider.get_recording(self.recording.provider_id)

    async def delete(self) -> None:
        for _ in range(2):
            await self.provider.delete_ingest(self.ingest.provider_id)
        assert not self.hands.knows(self.ingest.provider_id)


async def plays(site: LiveSite, provider: StreamProvider, ref: PlaybackRef) -> None:
    """The best address is one that pages may load from; what this machine gives out is there."""
    [source, *_] = provider.playback(ref)
    parts = urlsplit(source.url)
    if parts.netloc:
        assert f"{parts.scheme}://{parts.netloc}" in provider.origins
    else:
        status, body = await fetch(urljoin(site.url, source.url))
        assert (status, body[:7]) == (200, b"#EXTM3U"), source.url


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_channel_lives_at_any_provider(house: House, name: str, steps_of: Callable[..., Steps]) -> None:
    assert house.site is not None
    provider = house.site.platform.providers.streaming(name)
    steps, studio = steps_of("streaming", provider), Studio(house.site, provider, house.stand(name).hands)

    await steps.take("create a channel", studio.create)
    await steps.take("a new stream key", studio.rotate, StreamCap.ROTATE_KEY)
    await steps.take("simulcast", studio.send_on, StreamCap.SIMULCAST)
    await steps.take("shut and open the ingest", studio.shut, StreamCap.SWITCH)
    await steps.take("go live", studio.go_live)
    await steps.take("ask whether it is live", studio.is_live, StreamCap.STATE)
    await steps.take("watch it live", studio.play)
    await steps.take("watch it live by an address that ends", studio.play_privately, StreamCap.PRIVATE)
    await steps.take("a still picture", studio.look, StreamCap.IMAGES)
    await steps.take("the stream's health", studio.feel, StreamCap.HEALTH)
    await steps.take("the vendor's count of viewers", studio.count, StreamCap.VIEWERS)
    await steps.take("simulcast while live", studio.send_on, StreamCap.SIMULCAST, StreamCap.SIMULCAST_LIVE)
    await steps.take("clip while live", studio.clip_live, StreamCap.CLIPS, StreamCap.CLIPS_LIVE)
    await steps.take("end it", studio.end)
    await steps.take("watch the recording", studio.record, StreamCap.RECORD)
    await steps.take("ask for the recordings", studio.list_recordings, StreamCap.RECORDINGS)
    await steps.take("clip the recording", studio.clip, StreamCap.CLIPS)
    await steps.take("download the recording", studio.download, StreamCap.DOWNLOAD)
    await steps.take("room on the disk", studio.ask_disk, StreamCap.DISK)
    await steps.take("rehearse", studio.rehearse, StreamCap.REHEARSE)
    await steps.take("delete the recording", studio.delete_recording)
    await steps.take("ask for the deleted recording", studio.miss_recording, StreamCap.RECORDINGS)
    await steps.take("delete the channel", studio.delete)
    steps.rest(StreamCap)


class Creator:
    """Somebody with a channel, at a site whose provider changes under them."""

    def __init__(self, house: House, browser: Browser) -> None:
        self.house, self.browser = house, browser

    @property
    def site(self) -> LiveSite:
        assert self.house.site is not None
        return self.house.site

    async def key(self, act: str = "") -> tuple[str, str]:
        answer = await self.browser.api("POST", f"/channels/nova/ingest/key{act}", {"password": PASSWORD})
        assert answer.status == 200, answer.text
        return answer.json()["server"], answer.json()["key"]

    async def go_live(self, name: str) -> Broadcast:
        """Send to the ingest at this provider, until pages show it."""
        ingest = await Ingest.get(provider=name)
        await self.house.stand(name).hands.go_live(self.site, self.site.platform.providers.streaming(name), ingest)
        return await until(Broadcast.filter(provider=name, state="live").order_by("-started_at").first)

    async def end(self, live: Broadcast, *, in_studio: bool = True) -> Recording:
        """End it in the studio, or in the encoder alone; its recording, once it is ready."""
        if in_studio:
            assert (await self.browser.api("POST", "/channels/nova/broadcast/end")).status == 200
        await self.house.stand(live.provider).hands.leave(self.site, await Ingest.get(id=live.ingest_id))
        return await self.recorded(live)

    async def recorded(self, live: Broadcast) -> Recording:
        """The recording of what is over, once it is ready."""
        await until(Broadcast.filter(id=live.id, state="ended").first)
        return await until(Recording.filter(broadcast_id=live.id, state="ready").first)

    async def sees(self, live: Broadcast) -> None:
        """Pages show what is on, from where it is."""
        viewer = await self.site.browser()
        assert (await viewer.api("GET", "/channels/nova/broadcast")).json()["id"] == str(live.id)
        assert (await viewer.api("GET", "/channels/nova/viewers")).status == 200
        await self._opens(f"/broadcasts/{live.id}/playback", live.provider)
        page = await viewer.get("/nova/live")
        assert page.status == 200
        assert (await self.browser.get("/studio/nova")).status == 200

    async def downloads(self, *recordings: Recording) -> None:
        """The studio offers as files what its own provider hands out, whichever is chosen."""
        page = (await self.browser.get("/studio/nova/videos")).text
        for recording in recordings:
            provider = self.site.platform.providers.streaming(recording.provider)
            assert provider is not None
            assert (f"/videos/{recording.id}/download" in page) == (StreamCap.DOWNLOAD in provider.capabilities)

    async def plays(self, recording: Recording) -> None:
        """The recording is played from where it lies, and its page is there."""
        await self._opens(f"/videos/{recording.id}/playback", recording.provider)
        viewer = await self.site.browser()
        assert (await viewer.get(f"/videos/{recording.id}")).status == 200

    async def _opens(self, path: str, name: str) -> None:
        viewer = await self.site.browser()
        [source, *_] = (await viewer.api("GET", path)).json()["sources"]
        parts = urlsplit(source["url"])
        provider = self.site.platform.providers.streaming(name)
        assert provider is not None
        if not parts.netloc:
            assert name == "local"
            assert (await viewer.get(source["url"])).status == 200
            return
        origin = f"{parts.scheme}://{parts.netloc}"
        assert origin in provider.origins
        assert origin in (await viewer.get("/nova/live")).headers["Content-Security-Policy"]


@pytest.mark.parametrize(("old", "new"), SWITCHES)
async def test_streaming_is_switched_while_somebody_is_live(
    old: str, new: str, whole_dsn: Any, tmp_path: Any, steps_of: Callable[..., Steps]
) -> None:
    dsn = await whole_dsn()
    async with streaming_stands() as stands, House("streaming", dsn, tmp_path, stands) as house:
        await _switch(house, old, new, steps_of)


async def _switch(house: House, old: str, new: str, steps_of: Callable[..., Steps]) -> None:
    # Given a channel with a recording at one provider, that is live there again
    site = await house.start(old)
    nova = Creator(house, await site.creator("nova", "nova"))
    steps = steps_of("streaming", site.platform.providers.streaming(), f"{old} -> {new}")
    former_key = await nova.key()
    first = await nova.end(await nova.go_live(old), in_studio=False)
    live = await nova.go_live(old)
    await steps.take("record and go live again at the old one", lambda: nova.sees(live))

    # When the site starts with another provider chosen
    site = await house.start(new)
    nova.browser = await again(site, nova.browser)
    # Then what is live finishes where it is, and what was recorded is played from where it lies
    if old == "local":
        steps.cannot("live goes on at the old one", "its server is the site's own, which was stopped")
        second = await steps.take("what was live ended and is recorded at the old one", lambda: nova.recorded(live))
    else:
        await steps.take("live goes on at the old one", lambda: nova.sees(live))
        second = await steps.take("what was live ends and is recorded at the old one", lambda: nova.end(live))
    await steps.take("the old recording plays", lambda: nova.plays(first))
    assert second is not None
    assert (second.provider, await Recording.filter(provider=old).count()) >= (old, 2)
    await nova.plays(second)

    # and what begins now begins at the new one
    async def begin() -> Recording:
        assert await nova.key() != former_key
        fresh = await nova.go_live(new)
        await nova.sees(fresh)
        return await nova.end(fresh)

    third = await steps.take("go live and record at the new one", begin)
    assert third is not None
    assert third.provider == new
    await nova.plays(third)
    await nova.plays(first)
    await nova.downloads(first, third)
    # a key that got into other hands is worth nothing, neither there nor here
    await steps.take("a new key shuts out the old ones at both", lambda: _rotate(nova, house, old, new))
    # what is deleted is deleted where it lies, and the channel at both
    await steps.take("recordings and channel are deleted at both", lambda: _delete(nova, house, [first, third]))


async def _rotate(nova: Creator, house: House, old: str, new: str) -> None:
    providers = nova.site.platform.providers

    async def keys() -> dict[str, str | None]:
        found = {}
        for name in (old, new):
            row, provider = await Ingest.get(provider=name), providers.streaming(name)
            assert provider is not None
            found[name] = (await provider.endpoints(row.provider_id, key_version=row.key_version))[0].key
        return found

    before = await keys()
    await nova.key("/rotate")

    async def changed() -> bool:
        now = await keys()
        return now[old] != before[old] and now[new] != before[new]

    await until(changed)


async def _delete(nova: Creator, house: House, recordings: list[Recording]) -> None:
    site = nova.site
    for recording in recordings:
        assert (await nova.browser.api("DELETE", f"/videos/{recording.id}")).status == 200
    long_ago = site.platform.clock.now() - timedelta(days=60)
    await Recording.filter(state="deleted").update(deleted_at=long_ago)
    await site.platform.domain.retention.tick()
    await site.platform.jobs.settle()
    for recording in recordings:
        assert not await house.stand(recording.provider).hands.has(site, recording.provider_id)
    ingests = await Ingest.all()
    assert (await nova.browser.api("DELETE", "/channels/nova", {"typed": "nova"})).status == 200
    await Channel.filter(slug="nova").update(delete_at=long_ago)
    await site.platform.domain.closing.delete_due()
    await site.platform.jobs.settle()
    assert not await Channel.filter(slug="nova").exists()
    for row in ingests:
        assert not house.stand(row.provider).hands.knows(row.provider_id)
