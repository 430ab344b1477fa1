"""The streaming server as a whole: what stands in its way is one clear line."""

import asyncio

import pytest
from stream_kit import KEY, KeyGate, MemoryJournal, RtmpClient, media_bytes, new_id, stream

from aethex_live.errors import StartError
from aethex_plugins.stream_local.server import StreamingServer
from aethex_plugins.stream_local.settings import StreamLocalSettings


def server(folder, **settings):
    given = {"rtmp_port": 0, "thumbnails": False, "disk_floor_mb": 0, "reconnect_seconds": 0.1} | settings
    return StreamingServer(
        StreamLocalSettings(**given), folder / "media", KeyGate(), MemoryJournal(), new_id, ffmpeg=None
    )


@pytest.fixture
async def running(tmp_path):
    made = server(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_it_takes_a_stream_and_gives_everything_back(tmp_path):
    made = server(tmp_path)
    assert await made.start() == []
    client = await RtmpClient.publish(made.rtmp.port)
    await client.hears(b"Publish.Start")
    client.send(media_bytes(stream(3)))
    await client.drained()
    client.goodbye()
    await client.closed()
    assert made.hub.find(made.hub.broadcasts()[0].path) is not None
    await made.stop()
    await made.stop()
    assert len(list((tmp_path / "media" / "vod").iterdir())) == 1
    again = server(tmp_path)
    await again.start()
    await again.stop()


async def test_when_it_stops_the_encoder_is_told_why(tmp_path):
    made = server(tmp_path)
    await made.start()
    client = await RtmpClient.publish(made.rtmp.port)
    await client.hears(b"Publish.Start")
    client.send(media_bytes(stream(3)))
    await client.drained()
    while not made.hub.broadcasts()[0].started:
        await asyncio.sleep(0.01)
    await made.stop()
    await client.hears(b"The server is being restarted")
    assert made.hub._reporter._journal.names() == ["Connected", "Started", "Ended", "RecordingReady"]


async def test_a_busy_port_is_named_with_the_way_out(running, tmp_path):
    other = server(tmp_path / "other", rtmp_port=running.rtmp.port)
    with pytest.raises(StartError) as caught:
        await other.start()
    assert f"The RTMP port {running.rtmp.port} on 127.0.0.1 is in use" in str(caught.value)
    assert "AETHEX_STREAM_LOCAL__RTMP_PORT" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_an_address_that_is_not_this_machines_is_named(tmp_path):
    with pytest.raises(StartError, match=r"RTMP can't listen on 203\.0\.113\.9"):
        await server(tmp_path, rtmp_host="203.0.113.9").start()


async def test_two_servers_do_not_share_a_media_folder(running, tmp_path):
    with pytest.raises(StartError, match="Another server uses the media folder"):
        await server(tmp_path).start()
    # and the one that runs is not disturbed
    client = await RtmpClient.publish(running.rtmp.port)
    await client.hears(b"Publish.Start")
    client.hang_up()


async def test_a_media_path_that_is_a_file_is_named(tmp_path):
    (tmp_path / "media").write_text("not a folder")
    with pytest.raises(StartError, match=r"The media folder .* can't be used"):
        await server(tmp_path).start()


async def test_more_connections_than_allowed_are_closed(running):
    clients = [await RtmpClient.publish(running.rtmp.port, "wrong") for _ in range(9)]
    await clients[-1].closed()
    for client in clients:
        client.hang_up()


async def test_the_same_key_twice_leaves_one_publisher(running):
    first = await RtmpClient.publish(running.rtmp.port, KEY)
    await first.hears(b"Publish.Start")
    second = await RtmpClient.publish(running.rtmp.port, KEY)
    await second.hears(b"Publish.Start")
    await first.hears(b"Another encoder took over")
    await first.closed()
    second.hang_up()


@pytest.mark.parametrize(
    ("field", "value"),
    [("rtmp_port", 70_000), ("part_seconds", 0), ("public_url", "media.example"), ("rtmp_prot", 1)],
)
def test_wrong_settings_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        StreamLocalSettings(**{field: value})


def test_settings_reach_the_hub(tmp_path):
    hub = StreamLocalSettings(max_hours=2, disk_floor_mb=3, part_seconds=0.2, record=False).hub(tmp_path)
    assert (hub.longest, hub.disk_floor, hub.pack.part, hub.record) == (7200, 3 << 20, 0.2, False)


def test_every_setting_is_described():
    assert all(field.description for field in StreamLocalSettings.model_fields.values())
