"""What is not public: tokens, rehearsals and private recordings at the media origin."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_kit import INGEST, KEY, FakePublisher, FakeTime, KeyGate, MemoryJournal, new_id, stream
from test_origin import Answer

from aethex_live.clock import ManualClock
from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.openness import OpennessUnknown, RecordingOpenness
from aethex_plugins.stream_local.origin import Origin, parse_path
from aethex_plugins.stream_local.playtokens import PlayTokens
from aethex_plugins.stream_local.ports import Admission

SITE = "https://live.example"


class RehearsalGate(KeyGate):
    rehearsal = True

    async def admit(self, key, peer):
        return Admission(INGEST, rehearsal=self.rehearsal)


class House:
    """A hub with a rehearsal on it, and the origin in front."""

    def __init__(self, folder):
        self.time, self.journal, self.gate, self.clock = FakeTime(), MemoryJournal(), RehearsalGate(), ManualClock()
        self.hub = Hub(HubSettings(media=folder, disk_floor=0), self.gate, self.journal, self.time, new_id)
        self.tokens = PlayTokens(b"secret", self.clock.now)
        self.answers = {}
        self.openness = RecordingOpenness(self.ask, self.time.monotonic)
        self.origin = Origin(self.hub, tokens=self.tokens, openness=self.openness, site=SITE)

    async def ask(self, recording_id):
        found = self.answers.get(recording_id, "gone")
        if isinstance(found, Exception):
            raise found
        return found

    async def publish(self, seconds=7.0):
        self.publisher = FakePublisher()
        self.publisher.session = await self.hub.open(KEY, self.publisher)
        self.rest = iter(stream(60))
        self.play_until(seconds)
        return self.hub.broadcasts()[-1]

    def play_until(self, seconds):
        for tag in self.rest:
            self.publisher.session.media(*tag)
            if tag[1] >= seconds * 1000:
                return

    async def get(self, path, *, headers=(), method="GET", query=b""):
        answer = Answer()
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}
        await self.origin(scope | {"client": ("192.0.2.1", 1)}, None, answer.send)
        return answer


@pytest.fixture
async def house(tmp_path):
    return House(tmp_path)


LISTS = ["index.m3u8", "live.m3u8", "event.m3u8", "dvr.m3u8", "master.m3u8", "audio/index.m3u8", "480p/index.m3u8"]
MEDIA = ["0.m4s", "0.0.m4s", "init0.mp4", "poster.jpg", "audio/0.m4s"]


@pytest.mark.parametrize("name", [*LISTS, *MEDIA])
async def test_nothing_of_a_rehearsal_is_given_to_a_stranger(house, name):
    broadcast = await house.publish()
    other, _ = house.tokens.make("live/another/place")
    for prefix in ("", "t.AAAAAAAAAAAAAAAAAAAAAAAAAAAA/", f"t.{other}/"):
        answer = await house.get(f"/live/{broadcast.path}/{prefix}{name}")
        assert answer.status == 403, prefix
        assert b"EXTM3U" not in answer.body
        assert house.origin.at_once(f"/live/{broadcast.path}/{prefix}{name}") is None


async def test_a_token_opens_the_rehearsal_for_ten_minutes_and_for_our_pages_alone(house):
    broadcast = await house.publish()
    token, expires = house.tokens.make(f"live/{broadcast.path}")
    address = f"/live/{broadcast.path}/t.{token}/index.m3u8"
    answer = await house.get(address)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "no-store" in answer.headers["cache-control"]
    segment = await house.get(f"/live/{broadcast.path}/t.{token}/0.m4s")
    assert (segment.status, segment.headers["cache-control"]) == (200, "private, no-store")
    assert expires - house.clock.now() == timedelta(minutes=10)
    house.clock.advance(601)
    assert (await house.get(address)).status == 403


async def test_going_public_begins_anew_without_the_encoder_noticing(house):
    rehearsal = await house.publish(7)
    # When it goes public and the same encoder goes on
    assert house.hub.go_public(INGEST)
    house.play_until(13)
    public = house.hub.broadcasts()[-1]
    # Then there is another broadcast, and the encoder was not told anything
    assert (public.rehearsal, public.id != rehearsal.id) == (False, True)
    assert house.publisher.sentence is None
    await house.journal.until("Started", 2)
    assert [(fact.broadcast_id, fact.rehearsal) for fact in house.journal.of("Started")] == [
        (rehearsal.id, True),
        (public.id, False),
    ]
    assert [fact.broadcast_id for fact in house.journal.of("Ended")] == [rehearsal.id]
    # and its first segment is the first thing that came afterwards
    answer = await house.get(f"/live/{public.path}/index.m3u8")
    assert answer.status == 200
    assert "#EXT-X-MEDIA-SEQUENCE:0" in answer.body.decode()
    first = (await house.get(f"/live/{public.path}/0.m4s")).body
    assert first
    assert first not in [b"".join(part.data for part in segment.parts) for segment in rehearsal.window._closed]
    assert (await house.get(f"/live/{rehearsal.path}/index.m3u8")).status == 403
    assert not house.hub.go_public(INGEST)


async def test_going_public_while_the_encoder_is_away_ends_the_rehearsal(house):
    await house.publish(7)
    house.publisher.session.ended(clean=False)
    assert house.hub.go_public(INGEST)
    house.gate.rehearsal = False
    again = await house.publish(7)
    assert not again.rehearsal


async def test_a_recording_follows_its_row(house):
    recording = "01890000-0000-7000-8000-000000000001"
    folder = house.hub.settings.vod / recording
    folder.mkdir(parents=True)
    (folder / "event.m3u8").write_text("#EXTM3U\n")
    # without a row there is nothing to see
    assert (await house.get(f"/vod/{recording}/index.m3u8")).status == 404
    house.openness.forget(recording)
    house.answers[recording] = "open"
    assert (await house.get(f"/vod/{recording}/index.m3u8")).status == 200
    # what changed is heard of by `forget`, or half a minute later
    house.answers[recording] = "private"
    assert (await house.get(f"/vod/{recording}/index.m3u8")).status == 200
    house.time.advance(31)
    assert (await house.get(f"/vod/{recording}/index.m3u8")).status == 403
    token, _ = house.tokens.make(f"vod/{recording}")
    assert (await house.get(f"/vod/{recording}/t.{token}/index.m3u8")).status == 200
    # a database that is away does not open what was closed
    house.answers[recording] = ConnectionError("away")
    house.time.advance(31)
    assert (await house.get(f"/vod/{recording}/index.m3u8")).status == 403
    house.openness.forget(recording)
    assert (await house.get(f"/vod/{recording}/index.m3u8")).status == 503
    with pytest.raises(OpennessUnknown):
        await house.openness.of(recording)


async def test_a_download_needs_a_token_of_its_own(house):
    recording = "01890000-0000-7000-8000-000000000001"
    house.answers[recording] = "open"
    (house.hub.settings.vod / recording).mkdir(parents=True)
    for place in ("vod", "download"):
        token, _ = house.tokens.make(f"{place}/{recording}")
        answer = await house.get(f"/vod/{recording}/t.{token}/download.mp4")
        # a folder without a list has nothing to download, but the token was right
        assert answer.status == (404 if place == "download" else 403)


async def test_other_origins_may_ask_what_they_may_do(house):
    answer = await house.get("/live/a/b/index.m3u8", method="OPTIONS")
    assert (answer.status, answer.headers["access-control-allow-methods"]) == (204, "GET, HEAD")


@given(st.text(max_size=60), st.integers(1, 100_000), st.integers(0, 27), st.sampled_from("AZaz09-_"))
def test_a_token_is_good_for_its_place_until_its_end_and_never_changed(place, life, spot, letter):
    clock = ManualClock()
    tokens = PlayTokens(b"secret", clock.now)
    token, _ = tokens.make(place, timedelta(seconds=life))
    assert tokens.check(place, token) == "good"
    assert tokens.check(place + "x", token) == "wrong"
    assert PlayTokens(b"other", clock.now).check(place, token) == "wrong"
    changed = token[:spot] + letter + token[spot + 1 :]
    assert changed == token or tokens.check(place, changed) == "wrong"
    clock.advance(life)
    assert tokens.check(place, token) == "expired"


@given(st.text(alphabet="/abct.0123m48-", max_size=80))
def test_any_path_is_read_or_refused(path):
    found = parse_path(f"/{path}")
    assert found is None or (found.area in {"live", "vod"} and "/" not in found.name)
