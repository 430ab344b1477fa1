"""Publishers that cost next to nothing: recorded tags, sent by RTMP in 4,096-byte chunks at the pace of their clock."""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.served import ROOT, ffmpeg

CHUNK = 4096
LOOP_MS = 20_000


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of an FLV file: 8 audio, 9 video."""

    kind: int
    timestamp: int
    body: bytes


def fixture(kbps: int = 3000, *, gop: int = 60, seconds: int = 20) -> Path:
    """An FLV file of 720p30 H.264 and AAC at the bitrate, made once."""
    path = Path(tempfile.gettempdir()) / f"aethex-bench-{kbps}-{gop}-{seconds}.flv"
    if not path.exists():
        made = path.with_suffix(f".{os.getpid()}.flv")
        video = [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            str(gop),
            "-keyint_min",
            str(gop),
            "-sc_threshold",
            "0",
        ]
        rate = [
            "-b:v",
            f"{kbps - 100}k",
            "-minrate",
            f"{kbps - 100}k",
            "-maxrate",
            f"{kbps - 100}k",
            "-bufsize",
            "1000k",
        ]
        command = [
            *(ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30,noise=alls=20:allf=t"),
            *("-f", "lavfi", "-i", "sine=r=48000", "-t", str(seconds), *video, *rate, "-x264-params", "nal-hrd=cbr"),
            *("-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-f", "flv", str(made)),
        ]
        subprocess.run(command, check=True, timeout=180)
        made.rename(path)
    return path


def tags(path: Path) -> Iterator[Tag]:
    """The audio and video tags of an FLV file."""
    data = path.read_bytes()
    place = 13
    while place + 11 <= len(data):
        size = int.from_bytes(data[place + 1 : place + 4], "big")
        timestamp = int.from_bytes(data[place + 4 : place + 7], "big") | data[place + 7] << 24
        if data[place] in (8, 9):
            yield Tag(data[place], timestamp, data[place + 11 : place + 11 + size])
        place += 15 + size


def number(value: float) -> bytes:
    """AMF0 number."""
    return b"\x00" + struct.pack(">d", value)


def text(value: str) -> bytes:
    """AMF0 string."""
    return b"\x02" + struct.pack(">H", len(value)) + value.encode()


def message(stream: int, kind: int, timestamp: int, body: bytes, *, size: int = CHUNK, on: int = 0) -> bytes:
    """A message with a full header, cut into chunks of `size`."""
    head = bytes([stream]) + min(timestamp, 0xFFFFFF).to_bytes(3, "big") + len(body).to_bytes(3, "big")
    head += bytes([kind]) + on.to_bytes(4, "little")
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    return head + bytes([0xC0 | stream]).join(pieces)


async def publish(host: str, port: int, key: str, clip: list[Tag], seconds: float, delay: float = 0.0) -> None:
    """Send the clip over and over for `seconds`, each tag when it is due."""
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"\x03" + bytes(8) + os.urandom(1528))
    answer = await asyncio.wait_for(reader.readexactly(3073), 10)
    writer.write(answer[1:1537])
    drain = asyncio.create_task(swallow(reader))
    connect = text("connect") + number(1) + b"\x03\x00\x03app" + text("live") + b"\x00\x00\x09"
    writer.write(message(2, 1, 0, struct.pack(">I", CHUNK)) + message(3, 20, 0, connect))
    writer.write(message(3, 20, 0, text("createStream") + number(2) + b"\x05"))
    writer.write(message(3, 20, 0, text("publish") + number(3) + b"\x05" + text(key) + text("live"), on=1))
    try:
        await pace(writer, clip, seconds)
    finally:
        drain.cancel()
        writer.close()


async def pace(writer: asyncio.StreamWriter, clip: list[Tag], seconds: float) -> None:
    """Write the tags at their time."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    length = clip[-1].timestamp + 33
    rounds = 0
    while True:
        for tag in clip:
            if rounds and is_config(tag):
                continue
            timestamp = tag.timestamp + rounds * length
            wait = begun + timestamp / 1000 - loop.time()
            if timestamp / 1000 > seconds:
                await writer.drain()
                return
            if wait > 0.002:
                await asyncio.sleep(wait)
            writer.write(message(6 if tag.kind == 9 else 4, tag.kind, timestamp, tag.body, on=1))
        rounds += 1


def is_config(tag: Tag) -> bool:
    """Whether the tag is a codec's configuration, which is sent once."""
    return tag.body[1:2] == b"\x00"


async def swallow(reader: asyncio.StreamReader) -> None:
    """Read what the server says."""
    while await reader.read(65536):
        pass


def start(port: int, keys: list[str], clip: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Publishers in a process of their own."""
    command = [sys.executable, "-m", "bench.publisher", str(port), str(clip), str(seconds), *keys]
    return subprocess.Popen(command, cwd=ROOT)


async def _main() -> None:
    port, clip, seconds, *keys = sys.argv[1:]
    found = list(tags(Path(clip)))
    # spread over the length of a segment, so that not all keyframes come at once
    sends = (
        publish("127.0.0.1", int(port), key, found, float(seconds), delay=index * 2.0 / len(keys))
        for index, key in enumerate(keys)
    )
    await asyncio.gather(*sends)


if __name__ == "__main__":
    asyncio.run(_main())
