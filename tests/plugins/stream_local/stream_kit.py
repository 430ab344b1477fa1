"""What the streaming tests share: a clock to move, synthetic media, an RTMP client, an own MP4 reader."""

import asyncio
import os
import struct
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aethex_plugins.stream_local import amf
from aethex_plugins.stream_local.chunks import ChunkReader, encode_message
from aethex_plugins.stream_local.ports import Admission, Fact, Refusal
from aethex_plugins.stream_local.segments import Part, Segment

AVCC = bytes.fromhex("0142c01effe1001d6742c01ed900a02ff97ff0003000410000030001000003003c0f162e4801000568cb83cb20")
AVCC_HD = bytes.fromhex(
    "01640028ffe1001f67640028acd940780227e5ffc000c00104000003000400000300f03c60c65801000668ebe3cb22c0fdf8f800"
)
ASC = bytes.fromhex("119056e500")
OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 48000, 0, 0)
INGEST = "11111111-1111-4111-8111-111111111111"
OTHER_INGEST = "22222222-2222-4222-8222-222222222222"
KEY = "a-good-key"


# --- time


@dataclass
class _Alarm:
    at: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeTime:
    """A clock that moves when it is told to, and rings the alarms on its way."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._alarms: list[_Alarm] = []

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> float:
        return 1_800_000_000.0 + self._now

    def later(self, delay: float, call: Callable[[], None]) -> _Alarm:
        alarm = _Alarm(self._now + delay, call)
        self._alarms.append(alarm)
        return alarm

    def advance(self, seconds: float) -> None:
        end = self._now + seconds
        while due := [alarm for alarm in self._alarms if alarm.at <= end and not alarm.cancelled]:
            first = min(due, key=lambda alarm: alarm.at)
            self._alarms.remove(first)
            self._now = max(self._now, first.at)
            first.call()
        self._now = end


# --- media as an encoder sends it


def video_config(record: bytes = AVCC) -> bytearray:
    return bytearray(b"\x17\x00\x00\x00\x00" + record)


def picture(key: bool, size: int = 200, offset: int = 0, mark: int = 0) -> bytearray:
    head = bytes((0x17 if key else 0x27, 1)) + offset.to_bytes(3, "big", signed=True)
    return bytearray(head + struct.pack(">II", size - 4, mark) + bytes((mark & 255,)) * (size - 8))


def audio_config(record: bytes = ASC) -> bytearray:
    return bytearray(b"\xaf\x00" + record)


def sound(size: int = 60, mark: int = 0) -> bytearray:
    return bytearray(b"\xaf\x01" + bytes((mark & 255,)) * size)


def opus_config(head: bytes = OPUS_HEAD) -> bytearray:
    return bytearray(b"\x90Opus" + head)


def opus_sound(size: int = 60) -> bytearray:
    return bytearray(b"\x91Opus" + bytes((0xFC,)) + bytes(size))


Tag = tuple[int, int, bytearray]


def stream(
    seconds: float,
    *,
    start: int = 0,
    gop: float = 2.0,
    fps: float = 30.0,
    video: bool = True,
    audio: bool = True,
    size: int = 200,
) -> Iterator[Tag]:
    """Tags (kind, ms, body) of so many seconds, interleaved by time; each frame carries its own mark."""
    tags: list[Tag] = []
    if video:
        tags.append((9, start, video_config()))
        count = round(seconds * fps)
        per_gop = round(gop * fps)
        tags += [(9, start + round(n * 1000 / fps), picture(n % per_gop == 0, size, mark=n)) for n in range(count)]
    if audio:
        tags.insert(0, (8, start, audio_config()))
        count = int(seconds * 48000 / 1024)
        tags += [(8, start + round(n * 1024 / 48), sound(min(size, 60), mark=n)) for n in range(count)]
    configs = [tag for tag in tags if tag[2][1] == 0]
    frames = sorted((tag for tag in tags if tag[2][1] != 0), key=lambda tag: (tag[1], -tag[0]))
    yield from configs
    yield from frames


@dataclass(frozen=True)
class Film:
    """Encoded media in a file, and the sums of its decoded pictures."""

    path: Path
    sums: list[str]


def flv_tags(path: Path) -> Iterator[Tag]:
    """The audio and video tags of an FLV file."""
    data = path.read_bytes()
    at = 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        ms = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
        if data[at] in (8, 9):
            yield data[at], ms, bytearray(data[at + 11 : at + 11 + size])
        at += 15 + size


def frame_sums(ffmpeg: Path, path: Path) -> list[str]:
    """The MD5 of each decoded picture."""
    command = [str(ffmpeg), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "framemd5", "-"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [line for line in result.stdout.splitlines() if not line.startswith("#")]
    return [line.rsplit(",", 1)[1].strip() for line in lines]


# --- an own reader of MP4, apart from the one under test


def atoms(data: bytes) -> list[tuple[str, bytes]]:
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        assert 8 <= size <= len(data), f"a box of {size} bytes in {len(data)}"
        found.append((data[4:8].decode("latin-1"), data[8:size]))
        data = data[size:]
    return found


@dataclass
class Sample:
    track: int
    at: int
    duration: int
    key: bool
    offset: int
    data: bytes


def samples(fragments: bytes) -> list[Sample]:
    """All samples of moof + mdat pairs, found by their offsets in the file."""
    found = []
    at = 0
    for kind, body in atoms(fragments):
        size = len(body) + 8
        if kind == "moof":
            moof = at
            trafs = [atoms(traf) for name, traf in atoms(body) if name == "traf"]
            for traf in trafs:
                found += _run(fragments, moof, dict(traf))
        at += size
    return found


def _run(data: bytes, moof: int, traf: dict[str, bytes]) -> list[Sample]:
    track = int.from_bytes(traf["tfhd"][4:8], "big")
    time = int.from_bytes(traf["tfdt"][4:12], "big")
    count, offset = struct.unpack(">Ii", traf["trun"][4:12])
    position = moof + offset
    found = []
    for index in range(count):
        duration, size, flags, shift = struct.unpack_from(">IIIi", traf["trun"], 12 + 16 * index)
        body = data[position : position + size]
        found.append(Sample(track, time, duration, flags == 0x02000000, shift, body))
        time += duration
        position += size
    return found


class Collector:
    """An observer that keeps all that a packager makes."""

    def __init__(self) -> None:
        self.inits: list[bytes] = []
        self.segments: list[Segment] = []
        self.closed: list[Segment] = []
        self.parts: list[Part] = []

    def init_added(self, index: int, data: bytes) -> None:
        assert index == len(self.inits)
        self.inits.append(data)

    def segment_opened(self, segment: Segment) -> None:
        self.segments.append(segment)

    def part_added(self, segment: Segment, part: Part) -> None:
        assert segment is self.segments[-1]
        assert not segment.closed
        self.parts.append(part)

    def segment_closed(self, segment: Segment) -> None:
        self.closed.append(segment)

    def samples(self, track: int) -> list[Sample]:
        return [item for part in self.parts for item in samples(part.data) if item.track == track]


# --- the outside of the hub


@dataclass
class KeyGate:
    """Takes the keys it knows."""

    ingests: dict[str, str] = field(default_factory=lambda: {KEY: INGEST})
    asked: list[str] = field(default_factory=list)
    version: int = 1

    async def admit(self, key: str, peer: str) -> Admission | Refusal:
        self.asked.append(key)
        if key not in self.ingests:
            return Refusal("This stream key is not right.", "BadName")
        return Admission(self.ingests[key], version=self.version)


class MemoryJournal:
    """Keeps facts; fails on demand."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.failures: dict[str, int] = {}
        self.news = asyncio.Event()

    def names(self) -> list[str]:
        return [type(fact).__name__ for fact in self.facts]

    def of(self, name: str) -> list[Any]:
        return [fact for fact in self.facts if type(fact).__name__ == name]

    async def until(self, name: str, count: int = 1, timeout: float = 20.0) -> list[Any]:
        """Wait until there are so many facts of a kind."""
        async with asyncio.timeout(timeout):
            while len(self.of(name)) < count:
                self.news.clear()
                await self.news.wait()
        return self.of(name)

    async def _take(self, fact: Fact) -> None:
        name = type(fact).__name__
        if self.failures.get(name, 0) > 0:
            self.failures[name] -= 1
            raise ConnectionError("the database is away")
        self.facts.append(fact)
        self.news.set()

    connected = disconnected = started = ended = recording_ready = _take


class FakePublisher:
    """A publisher that only remembers how it was dismissed."""

    def __init__(self, peer: str = "192.0.2.1") -> None:
        self.peer = peer
        self.sentence: str | None = None
        self.session: Any = None

    def dismiss(self, sentence: str) -> None:
        self.sentence = sentence
        if self.session is not None:
            self.session.ended(clean=False)


def new_id() -> uuid.UUID:
    return uuid.uuid4()


# --- RTMP bytes and a client


def hello() -> bytes:
    return b"\x03" + bytes(8) + os.urandom(1528)


def command(*values: Any, stream_id: int = 0, size: int = 128) -> bytes:
    return encode_message(20, amf.encode(*values), stream_id=stream_id, chunk_size=size)


def opening(key: str = KEY, app: str = "live", size: int = 4096) -> bytes:
    """All that an encoder says from C0 to publish, at once."""
    parts = [
        hello(),
        bytes(1536),
        encode_message(1, struct.pack(">I", size), chunk_id=2),
        command("connect", 1.0, {"app": app, "tcUrl": f"rtmp://127.0.0.1/{app}"}, size=size),
        command("releaseStream", 2.0, None, key, size=size),
        command("FCPublish", 3.0, None, key, size=size),
        command("createStream", 4.0, None, size=size),
        command("publish", 5.0, None, key, "live", stream_id=1, size=size),
    ]
    return b"".join(parts)


def media_bytes(tags: Iterator[Tag], size: int = 4096) -> bytes:
    return b"".join(
        encode_message(kind, bytes(body), chunk_id=4, stream_id=1, timestamp=ms, chunk_size=size)
        for kind, ms, body in tags
    )


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self, address="192.0.2.7"):
        super().__init__({"peername": (address, 5000)})
        self.written = b""
        self.ended = self.gone = self.paused = False

    def write(self, data):
        assert not self.ended, "written after the end"
        self.written += data

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.ended = True

    def close(self):
        self.ended = self.gone = True

    def abort(self):
        self.gone = True

    def is_closing(self):
        return self.gone

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False

    def messages(self) -> list[tuple[int, bytes]]:
        """What the server sent after the handshake: kind and body."""
        reader = ChunkReader()
        reader.feed(self.written[3073:])
        found = []
        while (message := reader.read()) is not None:
            found.append((message.kind, bytes(message.body)))
        return found

    def answers(self) -> list[tuple[Any, Any, Any]]:
        """The commands among them: name, and code and words of the status."""
        found = []
        for kind, body in self.messages():
            if kind == 20:
                values = amf.decode(body)
                info = values[-1] if isinstance(values[-1], dict) else {}
                found.append((values[0], info.get("code"), info.get("description")))
        return found


class RtmpClient:
    """A publisher over a real socket; what the server answers is kept in `heard`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.heard = b""

    @classmethod
    async def publish(cls, port: int, key: str = KEY, app: str = "live") -> "RtmpClient":
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        client._writer.write(opening(key, app))
        return client

    async def hears(self, text: bytes, timeout: float = 5.0) -> None:
        async with asyncio.timeout(timeout):
            while text not in self.heard:
                data = await self._reader.read(65536)
                assert data, f"closed before {text!r} came; heard {self.heard[-300:]!r}"
                self.heard += data

    async def closed(self, timeout: float = 5.0) -> None:
        async with asyncio.timeout(timeout):
            while True:
                try:
                    data = await self._reader.read(65536)
                except ConnectionError:
                    return
                if not data:
                    return
                self.heard += data

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def drained(self) -> None:
        await self._writer.drain()

    def goodbye(self) -> None:
        self._writer.write(command("FCUnpublish", 6.0, None, "x", size=4096))
        self._writer.write(command("deleteStream", 7.0, None, 1.0, size=4096))

    def hang_up(self) -> None:
        self._writer.transport.abort()
