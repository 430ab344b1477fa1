"""A recording as one file: it is what was sent, in any range, under a name that clients take."""

import random

import pytest
from stream_kit import (
    INGEST,
    KEY,
    FakePublisher,
    FakeTime,
    KeyGate,
    MemoryJournal,
    flv_tags,
    frame_sums,
    new_id,
    stream,
)
from test_origin import Answer

from aethex_live.clock import ManualClock
from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.download import whole_files
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.origin import Origin
from aethex_plugins.stream_local.playtokens import PlayTokens
from aethex_plugins.stream_local.recording_replies import disposition


class House:
    """A hub whose recordings are downloaded."""

    def __init__(self, folder):
        self.journal = MemoryJournal()
        self.hub = Hub(HubSettings(media=folder, disk_floor=0), KeyGate(), self.journal, FakeTime(), new_id)
        self.tokens = PlayTokens(b"secret", ManualClock().now)
        self.origin = Origin(self.hub, tokens=self.tokens)

    async def record(self, *parts):
        """The address of a recording of these tags, each part by an encoder of its own."""
        for tags in parts:
            publisher = FakePublisher()
            publisher.session = await self.hub.open(KEY, publisher)
            for tag in tags:
                publisher.session.media(*tag)
        self.hub.end(INGEST, "creator")
        [ready] = await self.journal.until("RecordingReady")
        self.folder = self.hub.settings.vod / str(ready.broadcast_id)
        assert await self.hub._reporter.drain(10)
        token, _ = self.tokens.make(f"download/{ready.broadcast_id}")
        return f"/vod/{ready.broadcast_id}/t.{token}/download.mp4"

    async def get(self, path, query="", **headers):
        answer = Answer()
        fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": fields}
        await self.origin(scope | {"client": ("192.0.2.1", 1)}, None, answer.send)
        return answer


async def test_the_file_holds_every_picture_that_was_sent(tmp_path, film, ffmpeg):
    house = House(tmp_path)
    address = await house.record(flv_tags(film.path))
    answer = await house.get(address, "name=2026-01-01%20Night%20patch")
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="2026-01-01 Night patch.mp4"')
    assert int(answer.headers["content-length"]) == len(answer.body)
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(answer.body)
    assert frame_sums(ffmpeg, whole) == film.sums


async def test_any_range_is_that_piece_of_the_whole(tmp_path):
    house = House(tmp_path)
    address = await house.record(stream(9))
    whole = (await house.get(address)).body
    chance = random.Random(7)
    for _ in range(40):
        first = chance.randrange(len(whole))
        last = chance.randrange(first, len(whole))
        answer = await house.get(address, range=f"bytes={first}-{last}")
        assert (answer.status, answer.body) == (206, whole[first : last + 1])
    tag = (await house.get(address)).headers["etag"]
    assert (await house.get(address, range="bytes=5-9", if_range=tag)).status == 206
    # a file that is not the one that was begun with comes whole
    assert (await house.get(address, range="bytes=5-9", if_range='"other"')).status == 200
    assert (await house.get(address, range=f"bytes={len(whole)}-")).status == 416


async def test_a_recording_with_two_settings_is_offered_as_two_files(tmp_path):
    house = House(tmp_path)
    address = await house.record(stream(5), stream(5, audio=False))
    assert len(whole_files(house.folder)) == 2
    page = await house.get(address, "name=%3Cscript%3E")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert b"<script>" not in page.body
    for part in ("1", "2"):
        answer = await house.get(address, f"part={part}&name=x")
        assert (answer.status, answer.body[4:8]) == (200, b"ftyp")
        assert f"%20%28part%20{part}%20of%202%29.mp4" in answer.headers["content-disposition"]
    assert (await house.get(address, "part=3")).status == 404


@pytest.mark.parametrize("name", ['a"b', "a\r\nset-cookie: x", "été", "../x", "; filename=evil"])
def test_no_name_breaks_out_of_its_header(name):
    value = disposition(name).decode("ascii")
    assert "\r" not in value
    assert "\n" not in value
    assert value.count('"') == 2
