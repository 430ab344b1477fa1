"""kill -9 in the middle of a stream: what the server had read is kept, but for one part and one frame."""

import asyncio
import random
import sys
from pathlib import Path

import pytest
from stream_kit import KeyGate, MemoryJournal, RtmpClient, media_bytes, new_id, samples, stream

from aethex_plugins.stream_local import event_file
from aethex_plugins.stream_local.broadcast import HubSettings
from aethex_plugins.stream_local.hub import Hub
from aethex_plugins.stream_local.ports import LoopTime

SERVER = Path(__file__).parent / "server_process.py"
MOST_LOST = 400.0
SPEED = 4.0


async def start(folder):
    server = await asyncio.create_subprocess_exec(
        sys.executable, str(SERVER), str(folder), stdout=asyncio.subprocess.PIPE
    )
    line = await asyncio.wait_for(server.stdout.readline(), 30)
    return server, int(line)


async def send_until(port, tags, seconds):
    """Send at four times its speed up to that second; the last picture's end in ms, once it was surely read."""
    client = await RtmpClient.publish(port)
    await client.hears(b"NetStream.Publish.Start")
    loop = asyncio.get_running_loop()
    began = loop.time()
    end = 0.0
    for kind, ms, body in tags:
        if ms > seconds * 1000:
            break
        pause = began + ms / 1000 / SPEED - loop.time()
        if pause > 0.002:
            await asyncio.sleep(pause)
        client.send(media_bytes(iter([(kind, ms, body)])))
        end = ms + 1000 / 30 if kind == 9 else end
    await client.drained()
    # an acknowledgement would come every 2.5 MB only: give the kernel and the server their time
    await asyncio.sleep(0.3)
    return client, end


@pytest.mark.slow
@pytest.mark.parametrize("phase", [random.Random(n).uniform(2.2, 7.8) for n in range(4)], ids=lambda at: f"{at:.2f}s")
async def test_a_killed_server_loses_one_part_and_one_frame_at_most(tmp_path, phase):
    # Given a stream of marked frames
    tags = list(stream(9, size=3000))
    server, port = await start(tmp_path)
    client, sent = await send_until(port, tags, phase)
    # When the server is killed, and another one starts on its folder
    server.kill()
    await server.wait()
    client.hang_up()
    journal = MemoryJournal()
    hub = Hub(HubSettings(media=tmp_path, disk_floor=0), KeyGate(), journal, LoopTime(), new_id)
    await hub.start()
    [ready] = await journal.until("RecordingReady")
    await hub.close()
    # Then at most 0.40 s is missing, and all before is unchanged
    folder = tmp_path / "vod" / str(ready.broadcast_id)
    entries, ended = event_file.read(folder / "event.m3u8")
    assert ended
    content = b"".join((folder / f"{entry.msn}.m4s").read_bytes() for entry in entries)
    kept = [item for item in samples(content) if item.track == 1]
    original = [bytes(body[5:]) for kind, _, body in tags if kind == 9 and body[1] == 1]
    assert [item.data for item in kept] == original[: len(kept)]
    missing = sent - (kept[-1].at + kept[-1].duration) / 90
    assert 0 <= missing <= MOST_LOST
    assert journal.of("Ended")[0].reason == "crash"
