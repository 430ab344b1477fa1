"""The media origin: what players get, and what nobody gets."""

import asyncio
import struct

import pytest
from stream_kit import INGEST, KEY, FakePublisher, FakeTime, KeyGate, MemoryJournal, new_id, stream

from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.files import BadRange, parse_range
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.origin import Origin


class Answer:
    """What an ASGI app sent."""

    def __init__(self):
        self.status = 0
        self.headers = {}
        self.body = b""

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


class Site:
    """A live broadcast with its origin."""

    def __init__(self, folder, **options):
        self.time = FakeTime()
        self.journal = MemoryJournal()
        self.hub = Hub(HubSettings(media=folder, disk_floor=0), KeyGate(), self.journal, self.time, new_id)
        self.origin = Origin(self.hub, **options)

    async def go_live(self, seconds=7.0, whole=30.0, **kind):
        self.publisher = FakePublisher()
        self.publisher.session = await self.hub.open(KEY, self.publisher)
        self.rest = iter(stream(whole, **kind))
        self.play_until(seconds)
        self.broadcast = self.hub.broadcasts()[0]
        self.window = self.broadcast.window
        self.base = f"/live/{self.broadcast.path}/"

    def play_until(self, seconds):
        for tag in self.rest:
            self.publisher.session.media(*tag)
            if tag[1] >= seconds * 1000:
                return

    async def get(self, path, *, method="GET", query="", headers=(), address="192.0.2.1"):
        answer = Answer()
        scope = {
            "type": "http",
            "method": method,
            "path": path if path.startswith("/") else self.base + path,
            "query_string": query.encode(),
            "headers": list(headers),
            "client": (address, 1),
        }
        await asyncio.wait_for(self.origin(scope, None, answer.send), 10)
        return answer


async def settle():
    """Let requests run until they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def site(tmp_path):
    made = Site(tmp_path)
    await made.go_live()
    return made


async def test_a_player_finds_its_way_from_the_playlist(site):
    playlist = await site.get("index.m3u8")
    assert playlist.status == 200
    assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert playlist.headers["cache-control"] == "no-store"
    assert playlist.headers["access-control-allow-origin"] == "*"
    lines = playlist.body.decode().splitlines()
    assert lines[-1].startswith("#EXT-X-PRELOAD-HINT")
    uris = [line.split('URI="')[1].split('"')[0] for line in lines[:-1] if 'URI="' in line]
    uris += [line for line in lines if line.endswith(".m4s")]
    assert len(uris) > 15
    for uri in uris:
        answer = await site.get(uri)
        assert answer.status == 200, uri
        assert answer.headers["content-type"] == "video/mp4"
        assert int(answer.headers["content-length"]) == len(answer.body) > 0


async def test_a_segment_is_its_parts_and_never_changes(site):
    parts = b"".join([(await site.get(f"1.{k}.m4s")).body for k in range(6)])
    whole = await site.get("1.m4s")
    assert whole.body == parts
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await site.get("1.0.m4s")).headers["cache-control"] == "public, max-age=60"


async def test_plain_and_recorded_playlists_stand_beside(site):
    for name in ("live.m3u8", "plain.m3u8", "event.m3u8"):
        text = (await site.get(name)).body.decode()
        assert text.count("#EXTINF") == 3
        assert "PART" not in text
    assert "PLAYLIST-TYPE:EVENT" in (await site.get("event.m3u8")).body.decode()


async def test_segments_that_left_memory_come_from_disk(site):
    first = (await site.get("0.m4s")).body
    site.play_until(28)
    assert site.window.segment(0) is None
    assert (await site.get("0.m4s")).body == first


async def test_before_the_first_segment_there_is_no_playlist(tmp_path):
    site = Site(tmp_path)
    await site.go_live(seconds=1)
    assert (await site.get("index.m3u8")).status == 404
    waiting = asyncio.create_task(site.get("index.m3u8", query="_HLS_msn=0"))
    await settle()
    site.play_until(3)
    assert (await waiting).status == 200


async def test_a_blocking_reload_is_answered_by_the_part_it_asks_for(site):
    part = len(site.window._open.parts)
    waiting = [asyncio.create_task(site.get("index.m3u8", query=f"_HLS_msn=3&_HLS_part={part}")) for _ in range(20)]
    hinted = asyncio.create_task(site.get(f"3.{part}.m4s"))
    await settle()
    assert not any(task.done() for task in waiting)
    site.play_until(8)
    for task in waiting:
        answer = await task
        assert answer.status == 200
        assert f'URI="3.{part}.m4s"' in answer.body.decode()
    assert (await hinted).body == site.window.part(3, part).data
    assert not site.origin._live.waiting


async def test_a_reload_of_what_is_there_is_answered_at_once(site):
    assert (await site.get("index.m3u8", query="_HLS_msn=2")).status == 200
    assert (await site.get("index.m3u8", query="_HLS_msn=3&_HLS_part=0")).status == 200
    assert (await site.get("index.m3u8", query="unrelated=1")).status == 200


@pytest.mark.parametrize(
    "query", ["_HLS_msn=6", "_HLS_msn=x", "_HLS_msn=", "_HLS_part=1", "_HLS_msn=3&_HLS_part=x", "_HLS_msn=-1"]
)
async def test_senseless_reloads_are_refused(site, query):
    answer = await site.get("index.m3u8", query=query)
    assert answer.status == 400
    assert answer.headers["cache-control"] == "no-store"


async def test_a_reload_that_waits_too_long_is_told_to_ask_again(site):
    reload = asyncio.create_task(site.get("index.m3u8", query="_HLS_msn=4"))
    hint = asyncio.create_task(site.get(f"3.{len(site.window._open.parts)}.m4s"))
    await settle()
    site.time.advance(3.1)
    site.hub.sweep()
    assert (await hint).status == 404
    assert not reload.done()
    site.time.advance(3.1)
    site.hub.sweep()
    assert (await reload).status == 503


async def test_the_end_answers_everyone_who_waits(site):
    waiting = asyncio.create_task(site.get("index.m3u8", query="_HLS_msn=4"))
    await settle()
    site.hub.end(INGEST, "creator")
    assert (await waiting).body.endswith(b"#EXT-X-ENDLIST\n")
    assert (await site.get("index.m3u8", query="_HLS_msn=4&_HLS_part=1")).status == 200


async def test_one_address_may_not_hold_all_places(tmp_path):
    site = Site(tmp_path, waiting_per_address=2)
    await site.go_live()
    waiting = [asyncio.create_task(site.get("index.m3u8", query="_HLS_msn=4")) for _ in range(2)]
    await settle()
    assert (await site.get("index.m3u8", query="_HLS_msn=4")).status == 503
    other = asyncio.create_task(site.get("index.m3u8", query="_HLS_msn=4", address="192.0.2.2"))
    await settle()
    assert not other.done()
    site.hub.end(INGEST, "creator")
    await asyncio.gather(*waiting, other)


@pytest.mark.parametrize(
    "name",
    [
        "99.m4s", "3.99.m4s", "init7.mp4", "poster.jpg", "meta.json", "next.json", "3.m4s.part", "..%2Fmeta.json",
        "../meta.json", "init.mp4", "1.m4s/", "", "index.m3u8.tmp", "9999999999.m4s", "\u0661.m4s",
    ],
)  # fmt: skip
async def test_nothing_else_is_there(site, name):
    answer = await site.get(site.base + name)
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        f"/live/{INGEST}/00000000-0000-4000-8000-000000000000/index.m3u8", "/live/a/b/index.m3u8", "/live/", "/vod/",
        "/vod/../live/index.m3u8", "/vod/00000000-0000-4000-8000-000000000000/index.m3u8", "/vod/x/index.m3u8",
    ],
)  # fmt: skip
async def test_what_never_was_is_not_found(site, path):
    assert (await site.get(path)).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_media_can_only_be_read(site, method):
    answer = await site.get("index.m3u8", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("name", ["index.m3u8", "1.m4s", "1.0.m4s", "init0.mp4", "event.m3u8", "nothing"])
async def test_head_says_the_same_without_the_body(site, name):
    got, head = await site.get(name), await site.get(name, method="HEAD")
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


# --- recordings


@pytest.fixture
async def recorded(site):
    site.hub.end(INGEST, "creator")
    assert await site.hub._reporter.drain(20)
    site.vod = f"/vod/{site.broadcast.id}/"
    return site


async def test_a_recording_is_served_whole(recorded):
    playlist = await recorded.get(recorded.vod + "index.m3u8")
    assert playlist.body.endswith(b"#EXT-X-ENDLIST\n")
    for name in [line for line in playlist.body.decode().splitlines() if line.endswith(".m4s")]:
        answer = await recorded.get(recorded.vod + name)
        assert answer.status == 200
        assert answer.headers["cache-control"].endswith("immutable")
        size, kind = struct.unpack_from(">I4s", answer.body)
        assert (kind, size < len(answer.body)) == (b"moof", True)
    assert (await recorded.get(recorded.vod + "init0.mp4")).status == 200
    assert (await recorded.get(recorded.vod + "meta.json")).status == 404
    assert (await recorded.get(recorded.vod + "1.0.m4s")).status == 404


async def test_the_live_address_goes_on_after_the_end(recorded):
    assert (await recorded.get("index.m3u8")).body.endswith(b"#EXT-X-ENDLIST\n")
    for name in ("0.m4s", "3.m4s", "init0.mp4", "event.m3u8"):
        assert (await recorded.get(name)).status == 200
    assert recorded.window.segment(3) is None


async def test_ranges_of_a_file_can_be_asked_for(recorded):
    whole = (await recorded.get(recorded.vod + "0.m4s")).body
    for value, piece in ((b"bytes=0-9", whole[:10]), (b"bytes=100-", whole[100:]), (b"bytes=-7", whole[-7:])):
        answer = await recorded.get(recorded.vod + "0.m4s", headers=[(b"range", value)])
        assert (answer.status, answer.body) == (206, piece)
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    beyond = await recorded.get(recorded.vod + "0.m4s", headers=[(b"range", b"bytes=99999999-")])
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


async def test_large_files_come_in_pieces(recorded):
    content = bytes(range(256)) * 8192
    (recorded.broadcast.folder / "0.m4s").write_bytes(content)
    assert (await recorded.get(recorded.vod + "0.m4s")).body == content


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("bytes=0-0", (0, 0)), ("bytes=5-500", (5, 99)), ("bytes=-500", (0, 99)), ("bytes=9-5", None),
        ("bytes=-", None),        ("bytes=0-1,5-6", None), ("items=0-1", None), ("bytes= 1-2", None),
    ],
)  # fmt: skip
def test_ranges_are_read_as_http_has_it(value, span):
    assert parse_range(value.encode(), 100) == span


@pytest.mark.parametrize("value", ["bytes=100-", "bytes=-0", "bytes=100-200"])
def test_ranges_outside_of_the_file_are_refused(value):
    with pytest.raises(BadRange):
        parse_range(value.encode(), 100)


@pytest.mark.parametrize("seconds", [0.5, 7.0, 25.0])
async def test_what_is_ready_at_once_is_what_the_app_answers(site, seconds):
    # Given a broadcast that is so old, and every name that a player may ask for
    await site.go_live(seconds)
    names = ["index.m3u8", "live.m3u8", "dvr.m3u8", "init0.mp4", "poster.jpg", "", "x", "1.m4s", "999999999.0.m4s"]
    names += [f"{msn}.{part}.m4s" for msn in range(14) for part in range(7)]
    given = 0
    for name in names:
        ready = site.origin.at_once(site.base + name)
        if ready is None:
            continue
        # Then both ways give the same status, headers in the same order, and body
        whole = await site.get(name)
        lines = "".join(f"{key}: {value}\r\n" for key, value in whole.headers.items())
        assert (ready.head.decode(), ready.body) == (f"HTTP/1.1 200 OK\r\n{lines}", whole.body), name
        given += 1
    assert given > seconds / 2
    assert (site.origin.at_once(f"{site.base}index.m3u8") is not None) == site.window.playable
