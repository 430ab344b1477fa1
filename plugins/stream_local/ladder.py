"""The ladder: one ffmpeg a broadcast makes smaller pictures of it. It may die; the source never notices."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .audio import AudioConfig
from .broadcast import Broadcast
from .errors import MediaRejected, ProtocolError
from .ffmpeg import be_nice
from .flv import VideoFrame
from .h264 import VideoConfig
from .rung import Rung, RungSpec
from .segments import Segment
from .web_flv import FlvReader

log = logging.getLogger(__name__)

RUNGS: Final = {
    "1080p": RungSpec(1080, 4500),
    "720p": RungSpec(720, 2500),
    "480p": RungSpec(480, 1200),
    "360p": RungSpec(360, 700),
    "240p": RungSpec(240, 400),
}
"""What may stand in the setting `ladder`."""
_BACKLOG: Final = 8 << 20
_TRIES: Final = 3
_PIECE: Final = 1 << 16
_FLV_HEAD: Final = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
_FAREWELL: Final = 3.0


def flv_tag(kind: int, ms: int, body: bytes) -> bytes:
    """One FLV tag with its size behind it."""
    stamp = (ms & 0xFFFFFF).to_bytes(3, "big") + bytes((ms >> 24 & 0xFF,))
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + stamp + bytes(3)
    return head + body + (len(body) + 11).to_bytes(4, "big")


def command(rungs: Sequence[RungSpec], pipes: Sequence[int]) -> list[str]:
    """ffmpeg's arguments: FLV from its input to one pipe a rung; keyframes stay where the source has them."""
    arguments = ["-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe"]
    arguments += ["-probesize", "100000", "-analyzeduration", "0", "-copyts", "-f", "flv", "-i", "pipe:0"]
    for spec, pipe in zip(rungs, pipes, strict=True):
        rate = f"{spec.kbps}k"
        arguments += ["-map", "0:v:0", "-map", "0:a:0?", "-vf", f"scale=-2:{spec.height}"]
        arguments += ["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"]
        arguments += ["-b:v", rate, "-maxrate", rate, "-bufsize", rate]
        # without the last two keyframes drift from the source's by a guessed frame rate
        arguments += ["-sc_threshold", "0", "-force_key_frames", "source", "-g", "600"]
        arguments += ["-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:a", "copy"]
        arguments += ["-flvflags", "no_duration_filesize", "-flush_packets", "1", "-f", "flv", f"pipe:{pipe}"]
    return arguments


class Ladder:
    """A tap of one broadcast. Begins with its first picture, begins anew after a break or when ffmpeg fails."""

    def __init__(self, ffmpeg: Path, specs: Sequence[RungSpec], broadcast: Broadcast) -> None:
        self._ffmpeg, self._specs, self._broadcast = ffmpeg, specs, broadcast
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._input: deque[bytes] = deque()
        self._held = 0
        self._more = asyncio.Event()
        self._config: tuple[VideoConfig, AudioConfig | None] | None = None
        self._opened: Segment | None = None
        self._failures = 0
        self._ending: set[asyncio.Task[None]] = set()
        self._over = False
        self.trouble = ""

    @property
    def pid(self) -> int | None:
        """The id of the ffmpeg that runs, None when none does."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    # --- the tap

    def opened(self, segment: Segment, at: int) -> None:
        self._opened = segment

    def picture(self, at: int, frame: VideoFrame, config: VideoConfig) -> None:
        if self._over:
            return
        audio = self._broadcast.packager.audio
        if frame.keyframe and self._opened is not None:
            if self._task is None or self._config != (config, audio):
                self._begin(config, audio)
            for rung in self._broadcast.renditions.rungs:
                rung.cut_at(at + frame.offset, self._opened)
            self._opened = None
        if self._task is not None:
            head = bytes((0x17 if frame.keyframe else 0x27, 1)) + frame.offset.to_bytes(3, "big", signed=True)
            self._feed(flv_tag(9, at, head + frame.data))

    def sound(self, at: int, data: memoryview, samples: int, config: AudioConfig) -> None:
        if self._task is not None and config.kind == "aac":
            self._feed(flv_tag(8, at, b"\xaf\x01" + data))

    def ended(self) -> None:
        """The publisher is gone: what was made is packaged, the next publisher begins anew."""
        self._stop()

    def close(self) -> None:
        """The broadcast is over."""
        self._over = True
        self._stop()

    async def closed(self) -> None:
        """Wait until the child is gone."""
        if self._ending:
            await asyncio.wait(set(self._ending), timeout=_FAREWELL)

    # --- the child

    def _begin(self, video: VideoConfig, audio: AudioConfig | None) -> None:
        self._stop()
        specs = [spec for spec in self._specs if spec.height < video.height]
        if not specs:
            return
        rungs = tuple(self._rung(spec) for spec in specs)
        self._broadcast.renditions.rungs = rungs
        self._config = (video, audio)
        self._input, self._held = deque([_FLV_HEAD]), 0
        self._feed(flv_tag(9, 0, b"\x17\x00\x00\x00\x00" + video.record))
        if audio is not None and audio.kind == "aac":
            self._feed(flv_tag(8, 0, b"\xaf\x00" + audio.record))
        self._task = asyncio.get_running_loop().create_task(self._run(rungs, self._input), name="ladder")

    def _rung(self, spec: RungSpec) -> Rung:
        """The rung goes on with the window of the one before it, so that players do."""
        renditions, packager = self._broadcast.renditions, self._broadcast.packager
        before = next((rung for rung in renditions.rungs if rung.spec == spec), None)
        window = before.window if before is not None else renditions.new_window()
        return Rung(spec, window, packager.wall, packager.settings)

    def _feed(self, data: bytes) -> None:
        self._input.append(data)
        self._held += len(data)
        self._more.set()
        if self._held > _BACKLOG:
            self._fail("this machine is too slow for the other qualities")

    def _fail(self, why: str) -> None:
        self._failures += 1
        for rung in self._broadcast.renditions.rungs:
            rung.alive = False
        self._stop()
        if self._failures >= _TRIES:
            self._over = True
            self.trouble = why
            log.error("the ladder of broadcast %s is given up: %s", self._broadcast.id, why)
        else:
            log.warning("the ladder of broadcast %s begins anew: %s", self._broadcast.id, why)

    def _stop(self) -> None:
        task, self._task = self._task, None
        self._config = None
        self._input = deque()
        self._held = 0
        if task is not None:
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            task.cancel()

    async def _run(self, rungs: tuple[Rung, ...], data: deque[bytes]) -> None:
        pipes = [os.pipe() for _ in rungs]
        try:
            process = await self._start([rung.spec for rung in rungs], [write for _, write in pipes])
        except OSError as error:
            for pipe in pipes:
                os.close(pipe[0])
            self._task = None
            self._fail(f"ffmpeg does not start ({error.strerror or error})")
            return
        finally:
            for pipe in pipes:
                os.close(pipe[1])
        self._process = process
        said: deque[bytes] = deque(maxlen=8)
        create = asyncio.get_running_loop().create_task
        work = [create(self._write(process, data)), create(_listen(process, said))]
        work += [create(_read(pipe[0], rung)) for pipe, rung in zip(pipes, rungs, strict=True)]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end(process, work)
            for rung in rungs:
                rung.finish()
        # only a child that ended by itself comes here
        self._task = None
        self._fail(b"".join(said).decode("utf-8", "replace").strip()[-200:] or "ffmpeg ended")

    async def _start(self, specs: Sequence[RungSpec], pipes: Sequence[int]) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(str(self._ffmpeg), *command(specs, pipes)),
            stdin=pipe,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=pipe,
            pass_fds=pipes,
            start_new_session=True,
        )
        be_nice(process.pid, 5)
        return process

    async def _write(self, process: asyncio.subprocess.Process, data: deque[bytes]) -> None:
        assert process.stdin is not None, "it was started with a pipe"
        while True:
            while data:
                piece = data.popleft()
                self._held -= len(piece)
                process.stdin.write(piece)
                await process.stdin.drain()
            self._more.clear()
            await self._more.wait()


async def _listen(process: asyncio.subprocess.Process, said: deque[bytes]) -> None:
    assert process.stderr is not None, "it was started with a pipe"
    while data := await process.stderr.read(4096):
        said.append(data)


async def _read(pipe: int, rung: Rung) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    flv = FlvReader(rung.tag)
    with os.fdopen(pipe, "rb", buffering=0) as file:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
        try:
            while data := await reader.read(_PIECE):
                flv.feed(data)
        except (ProtocolError, MediaRejected) as error:
            log.warning("what ffmpeg made for %s can't be read: %s", rung.name, error)
        finally:
            transport.close()


async def _end(process: asyncio.subprocess.Process, work: Sequence[asyncio.Task[None]]) -> None:
    """Kill the child, wait for it, end what spoke with it."""
    if process.returncode is None:
        process.kill()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    try:
        async with asyncio.timeout(_FAREWELL):
            await process.wait()
    except TimeoutError:
        log.error("ffmpeg %d did not end", process.pid)  # noqa: TRY400  (there is nothing more to tell)


class Ladders:
    """The ladders of all broadcasts, at most `most` at once."""

    def __init__(self, ffmpeg: Path, specs: Sequence[RungSpec], most: int) -> None:
        self._ffmpeg, self._specs, self._most = ffmpeg, specs, most
        self._running: dict[str, Ladder] = {}
        self._closing: list[Ladder] = []

    def begin(self, broadcast: Broadcast) -> None:
        """Give a new broadcast its ladder, or note why it has none."""
        if len(self._running) >= self._most:
            broadcast.ladder_trouble = f"this site makes other qualities for {self._most} streams at once"
            return
        ladder = Ladder(self._ffmpeg, self._specs, broadcast)
        self._running[broadcast.path] = ladder
        broadcast.packager.taps.append(ladder)
        broadcast.ladder = ladder

    def end(self, broadcast: Broadcast) -> None:
        """The broadcast is over."""
        if ladder := self._running.pop(broadcast.path, None):
            ladder.close()
            self._closing.append(ladder)
            del self._closing[: -2 * self._most]

    async def closed(self) -> None:
        """Wait until the children of all that ended are gone."""
        for ladder in self._closing:
            await ladder.closed()
        self._closing.clear()


class NoLadders:
    """Stands where a ladder is wanted and can't be had."""

    def __init__(self, why: str) -> None:
        self._why = why

    def begin(self, broadcast: Broadcast) -> None:
        """Note why it has none."""
        broadcast.ladder_trouble = self._why

    def end(self, broadcast: Broadcast) -> None:
        """Nothing to do."""
