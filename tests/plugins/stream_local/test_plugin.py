"""The plugin in the core: keys from its rows, facts into its rows and events, playback for its pages."""

import asyncio
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fakeredis import FakeAsyncRedis
from stream_kit import FakePublisher, RtmpClient, media_bytes, stream

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.db.database import CORE
from aethex_live.domain.accounts import Accounts
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.domain.recordings import Recordings
from aethex_live.ids import uuid7
from aethex_live.models import Broadcast, Channel, Event, Ingest, Recording, User
from aethex_live.providers import NotFound
from aethex_live.providers.auth import AuthPolicy
from aethex_live.providers.streaming import IngestSpec, LiveStatus, PlaybackRef, StreamCap, StreamProvider
from aethex_live.secrets import Secrets
from aethex_live.settings import Role, Site
from aethex_live.testing.conformance import StreamConformance
from aethex_plugins.stream_local import StreamLocal
from aethex_plugins.stream_local.ports import Admission, Refusal
from aethex_plugins.stream_local.settings import StreamLocalSettings


class Control:
    """Stands in for the control channel: keeps handlers, hands messages on."""

    def __init__(self):
        self.handlers = {}
        self.sent = []

    def on(self, kind, handler):
        self.handlers[kind] = handler

    async def send(self, kind, data):
        self.sent.append((kind, data))

    async def say(self, kind, **data):
        answer = self.handlers[kind](data)
        if asyncio.iscoroutine(answer):
            await answer


class House:
    """The plugin as the core makes it, over a real database, with a channel and its ingest."""

    def __init__(self, database, folder, role=Role.ALL, **settings):
        self.database = database
        clock = ManualClock()
        given = {"rtmp_port": 0, "thumbnails": False, "disk_floor_mb": 0} | settings
        self.control = Control()
        self.auth = SimpleNamespace(policy=AuthPolicy())
        auth = SimpleNamespace(auth=lambda: self.auth)
        self.context = SimpleNamespace(
            name="stream_local",
            site=Site(data=folder, role=role),
            settings=StreamLocalSettings(**given),
            clock=clock,
            secrets=Secrets(b"a secret of thirty-two characters", clock).scoped("stream_local"),
            db=database,
            domain=SimpleNamespace(
                accounts=Accounts(database, clock, auth, self.control, None, None),
                broadcasts=Broadcasts(database, clock),
                recordings=Recordings(database, clock, None, None, None, None),
            ),
            cache=FakeAsyncRedis(),
            control=self.control,
        )
        self.plugin = StreamLocal(self.context)
        self.provider = self.plugin.streaming_providers()[0].build()

    async def open_channel(self):
        name = f"mira{uuid4().hex[:8]}"
        self.owner = await User.create(id=uuid7(), username=name, username_key=name, display_name="Mira")
        self.channel = await Channel.create(id=uuid7(), owner=self.owner, slug=name, name="Mira", hue=1)
        ref = uuid7()
        made = await self.provider.create_ingest(IngestSpec(ref=ref, title="Mira"), idempotency_key=str(ref))
        self.ingest = await Ingest.create(
            id=ref, channel=self.channel, provider=self.provider.name, provider_id=made.id
        )
        self.key = made.endpoints[0].key
        return self

    @property
    def hub(self):
        return self.plugin._server.hub

    async def admit(self, key):
        return await self.hub._gate.admit(key, "192.0.2.1")

    async def publish(self, seconds, key=None):
        client = await RtmpClient.publish(self.plugin._server.rtmp.port, key or self.key)
        await client.hears(b"Publish.Start")
        client.send(media_bytes(stream(seconds)))
        await client.drained()
        return client

    async def until(self, check):
        async with asyncio.timeout(15):
            while not await check():
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture(scope="module")
async def shared(database_copy):
    """One database for this file: each test has a channel of its own in it."""
    made = await Database.connect(await database_copy(), [CORE])
    yield made
    await made.close()


@pytest_asyncio.fixture
async def database(shared):
    shared.bind()
    return shared


@pytest.fixture
async def house(database, tmp_path):
    made = await House(database, tmp_path).open_channel()
    await made.plugin.startup()
    yield made
    await made.plugin.shutdown()


def live(house):
    return Broadcast.filter(channel_id=house.channel.id, state="live").first()


class TestLocalStreaming(StreamConformance):
    @pytest.fixture
    def provider(self, house):
        return house.provider


async def test_it_keeps_the_contract(house):
    assert isinstance(house.provider, StreamProvider)
    assert StreamCap.BROWSER in house.provider.capabilities


async def test_only_the_key_of_the_current_version_is_taken(house):
    assert await house.admit(house.key) == Admission(str(house.ingest.id), version=1)
    await Ingest.filter(id=house.ingest.id).update(key_version=2)
    assert (await house.admit(house.key)).code == "BadName"
    [endpoint] = await house.provider.endpoints(str(house.ingest.id), key_version=2)
    assert endpoint.key != house.key
    assert await house.admit(endpoint.key) == Admission(str(house.ingest.id), version=2)
    assert house.key not in repr(endpoint)


@pytest.mark.parametrize("key", ["", "live_x", "nonsense", "A" * 61])
async def test_other_keys_are_wrong(house, key):
    answer = await house.admit(key)
    assert answer.code == "BadName"
    assert "copy it again from the studio" in answer.sentence


async def test_a_disabled_ingest_and_a_banned_owner_may_not_go_live(house):
    await Ingest.filter(id=house.ingest.id).update(enabled=False)
    refused = await house.admit(house.key)
    assert isinstance(refused, Refusal)
    assert "may not go live" in refused.sentence
    await Ingest.filter(id=house.ingest.id).update(enabled=True)
    await User.filter(id=house.owner.id).update(state="banned")
    assert isinstance(await house.admit(house.key), Refusal)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("banned", "closed by the operators"),
        ("pending", "waits for an operator"),
        ("leaving", "sign in on the site and keep it"),
        ("deleted", "is closed"),
    ],
)
async def test_an_encoder_is_told_why_the_account_of_its_key_may_not_act(house, state, said):
    await User.filter(id=house.owner.id).update(state=state)
    client = await RtmpClient.publish(house.plugin._server.rtmp.port, house.key)
    await client.hears(said.encode())
    client.hang_up()
    assert house.hub.ingest(str(house.ingest.id)) is None


async def test_where_addresses_must_be_confirmed_a_key_opens_nothing_before(house):
    # Given a site that asks for a confirmed address, and a key that its owner got before it did
    house.auth.policy = AuthPolicy(verify_email="required")
    refused = await house.admit(house.key)
    assert refused.sentence.startswith("Confirm your e-mail address first")
    # When the address is confirmed, Then the key is taken
    await User.filter(id=house.owner.id).update(email_verified_at=house.context.clock.now())
    assert isinstance(await house.admit(house.key), Admission)


async def test_who_loses_the_confirmed_address_is_not_live_any_more(house):
    # Given somebody live, on a site that asks for confirmed addresses
    await User.filter(id=house.owner.id).update(email_verified_at=house.context.clock.now())
    house.auth.policy = AuthPolicy(verify_email="required")
    client = await house.publish(4)
    await house.until(lambda: live(house))
    # When another change of the account is told, Then the stream goes on
    await house.control.say("user.changed", user_id=str(house.owner.id))
    assert house.hub.ingest(str(house.ingest.id)).publishing
    # When the address goes, Then it ends, and the encoder shows why
    await house.context.domain.accounts.set_address(house.owner.id, None, confirmed=False)
    [(kind, data)] = house.control.sent
    await house.control.say(kind, **data)
    await client.hears(b"Confirm your e-mail address first")
    await house.until(lambda: Broadcast.filter(channel_id=house.channel.id, end_reason="moderation").first())
    client.hang_up()


async def test_the_address_shown_is_where_the_server_listens(house):
    [endpoint] = await house.provider.endpoints(str(house.ingest.id), key_version=1)
    assert endpoint.url == f"rtmp://127.0.0.1:{house.plugin._server.rtmp.port}/live"
    with pytest.raises(NotFound):
        await house.provider.endpoints("nothing", key_version=1)


async def test_going_live_and_ending_becomes_rows_and_events_in_order(house):
    # Given an encoder that sends
    client = await house.publish(5)
    await house.until(lambda: live(house))
    row = await live(house)
    # Then pages can play it, low latency first
    reference = PlaybackRef.from_json(row.playback)
    sources = house.provider.playback(reference)
    assert [source.kind for source in sources] == ["ll-hls", "hls", "dvr", "audio"]
    assert sources[0].url == f"/live/{house.ingest.id}/{row.id}/index.m3u8"
    assert house.hub.find(reference.id) is not None
    # and the studio sees how it is
    health = await house.provider.health(str(house.ingest.id))
    assert health.status is LiveStatus.LIVE
    assert (health.width, health.height, health.video_codec) == (640, 360, "avc1.42c01e")
    # When it is ended by hand, Then the encoder is told, and there is a recording
    await house.provider.end_broadcast(str(house.ingest.id))
    await client.hears(b"ended in the studio")
    await house.until(lambda: Recording.filter(channel_id=house.channel.id).first())
    recording = await Recording.filter(channel_id=house.channel.id).first()
    assert (recording.duration, recording.width, recording.has_audio) == (pytest.approx(5, abs=0.05), 640, True)
    [source] = house.provider.playback(PlaybackRef.from_json(recording.playback))
    assert source.url == f"/vod/{row.id}/index.m3u8"
    assert (await Broadcast.get(id=row.id)).end_reason == "creator"
    types = await Event.filter(channel_id=house.channel.id).order_by("recorded_at", "id").values_list("type", flat=True)
    assert types == ["ingest.connected", "broadcast.started", "broadcast.ended", "recording.ready"]
    client.hang_up()


async def test_a_lost_encoder_is_awaited_and_the_row_says_so(house):
    client = await house.publish(4)
    await house.until(lambda: live(house))
    client.hang_up()
    await house.until(lambda: Broadcast.filter(channel_id=house.channel.id, state="reconnecting").first())
    again = await house.publish(4)
    await house.until(lambda: live(house))
    assert await Broadcast.filter(channel_id=house.channel.id).count() == 1
    again.hang_up()


async def test_a_rotation_cuts_off_the_old_key_and_not_the_new_one(house):
    client = await house.publish(4)
    await Ingest.filter(id=house.ingest.id).update(key_version=2)
    await house.provider.rotate_key(str(house.ingest.id), key_version=2)
    await client.hears(b"The stream key was changed")
    [endpoint] = await house.provider.endpoints(str(house.ingest.id), key_version=2)
    again = await house.publish(4, endpoint.key)
    # the same news comes a second time, by the control channel
    await house.control.say("ingest.rotated", ingest_id=str(house.ingest.id), key_version=2)
    assert house.hub.ingest(str(house.ingest.id)).publishing
    again.hang_up()


async def test_a_ban_ends_the_stream(house):
    client = await house.publish(4)
    await User.filter(id=house.owner.id).update(state="banned")
    await house.control.say("user.closed", user_id=str(house.owner.id), reason="banned")
    await client.hears(b"closed by the operators")
    await house.until(lambda: Broadcast.filter(channel_id=house.channel.id, end_reason="moderation").first())
    client.hang_up()


async def test_a_row_that_a_crash_left_open_is_ended_at_the_next_start(house, database, tmp_path):
    lost = await Broadcast.create(
        id=uuid7(), channel=house.channel, ingest=house.ingest, provider="local", provider_id="x", title="t",
        started_at=house.context.clock.now(), playback={},
    )  # fmt: skip
    await house.plugin.shutdown()
    again = House(database, tmp_path / "other")
    await again.plugin.startup()
    await again.plugin.shutdown()
    assert (await Broadcast.get(id=lost.id)).end_reason == "crash"


async def test_an_ingest_that_was_deleted_meanwhile_holds_nothing_up(house):
    publisher = FakePublisher()
    session = await house.hub.open(house.key, publisher)
    await Ingest.filter(id=house.ingest.id).delete()
    for tag in stream(5):
        session.media(*tag)
    await house.provider.delete_ingest(str(house.ingest.id))
    assert publisher.sentence
    assert await house.hub._reporter.drain(10)


async def test_a_recordings_media_can_be_deleted(house):
    folder = house.context.site.data / "media" / "vod" / str(uuid4())
    folder.mkdir(parents=True)
    await house.provider.delete_recording(folder.name)
    assert not folder.exists()
    await house.provider.delete_recording(folder.name)


async def test_a_web_process_takes_no_streams_and_passes_the_end_on(database, tmp_path):
    web = House(database, tmp_path, role=Role.WEB, public_url="https://media.example/")
    await web.plugin.startup()
    assert web.plugin.mounts() == []
    await web.provider.end_broadcast("11111111-1111-4111-8111-111111111111")
    assert web.control.sent == [
        ("stream_local.end", {"ingest_id": "11111111-1111-4111-8111-111111111111", "reason": "creator"})
    ]
    reference = PlaybackRef(provider="local", id="a/b", live=True)
    assert web.provider.playback(reference)[0].url == "https://media.example/live/a/b/index.m3u8"
    assert (await web.provider.health("a")).status is LiveStatus.IDLE
    assert web.provider.image(reference) is None
    await web.plugin.shutdown()


async def test_the_ingest_process_hears_of_the_end(house):
    client = await house.publish(4)
    await house.control.say("stream_local.end", ingest_id=str(house.ingest.id), reason="creator")
    await client.hears(b"ended in the studio")
    await house.control.say("stream_local.end", ingest_id=str(house.ingest.id), reason="nonsense")
    client.hang_up()


async def test_a_picture_has_an_address_when_it_was_made(house):
    recording = PlaybackRef(provider="local", id=str(UUID(int=7)), live=False)
    assert house.provider.image(recording) is None
    folder = house.context.site.data / "media" / "vod" / recording.id
    folder.mkdir(parents=True)
    (folder / "poster.jpg").write_bytes(b"jpeg")
    assert house.provider.image(recording) == f"/vod/{recording.id}/poster.jpg"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"rtmp_port": 1935}, "rtmp://127.0.0.1/live"),
        ({"rtmp_port": 1936, "rtmp_host": "0.0.0.0"}, "rtmp://127.0.0.1:1936/live"),
        ({"rtmp_port": 1935, "rtmp_host": "::1"}, "rtmp://[::1]/live"),
        ({"rtmp_url": "rtmp://live.example/live"}, "rtmp://live.example/live"),
    ],
)
async def test_the_server_address_reads_well(database, tmp_path, settings, url):
    made = House(database, tmp_path, **settings)
    [endpoint] = await made.provider.endpoints(str(uuid4()), key_version=1)
    assert endpoint.url == url
