"""kill -9 in mid-stream: what is missing of the media that the server had read, and whether the rest is untouched."""

from __future__ import annotations

import functools
import random
import re
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure
from bench.publisher import fixture
from bench.publisher import start as start_publisher
from bench.served import ServedSite, ffmpeg, start, stop
from bench.viewers import LOGGED

PHASES = 40
GOAL_S = 0.40
LIMIT_S = 30.0
EXTINF = re.compile(r"^#EXTINF:([\d.]+)", re.MULTILINE)


def run(quick: bool) -> Iterable[Figure]:
    """Kill at random phases, start again, look at the recording."""
    chance = random.Random(20261122)
    phases = [chance.uniform(5.0, 9.0) for _ in range(1 if quick else PHASES)]
    with tempfile.TemporaryDirectory(prefix="aethex-crash-", ignore_cleanup_errors=True) as folder:
        data, read = Path(folder) / "data", Path(folder) / "read"
        settings = {"BENCH_READ": str(read), "AETHEX_STREAM_LOCAL__THUMBNAILS": "false"}
        site = start(data, settings, LOGGED)
        site.sign_up("creator")
        _, key = site.channel("fragile")
        missing, damaged = [], 0
        try:
            for phase in phases:
                site, lost, same = kill_once(site, key, phase, data, read, settings)
                missing.append(lost)
                damaged += not same
        finally:
            stop(site)
    worst = max(missing)
    note = f"{len(missing)} kills, median {sorted(missing)[len(missing) // 2]:.3f} s, {damaged} recordings damaged"
    met = worst <= GOAL_S and damaged == 0
    yield Figure(
        figure="kill -9: media read and then missing, worst",
        value=worst,
        unit="s",
        goal=GOAL_S,
        met=None if quick else met,
        note=note,
    )


def kill_once(
    site: ServedSite, key: str, phase: float, data: Path, read: Path, settings: dict[str, str]
) -> tuple[ServedSite, float, bool]:
    """One kill: the site that runs afterwards, the seconds that are missing, whether the rest is bit-identical."""
    before = folders(data)
    publisher = start_publisher(site.rtmp_port, [key], fixture(), phase + 30)
    begun = time.monotonic()
    try:
        time.sleep(max(0.0, phase - (time.monotonic() - begun)))
        site.kill()
        had_read = struct.unpack("<q", read.read_bytes())[0] / 1000
    finally:
        publisher.kill()
        publisher.wait(10)
    again = start(data, settings, LOGGED)
    again._jar = site._jar
    recording = finished(data, before)
    kept = sum(float(found) for found in EXTINF.findall((recording / "event.m3u8").read_text()))
    # a frame that was read lasts until the next one, so what had been read ends one frame later
    return again, had_read + 1 / 30 - kept, same_pictures(recording, kept)


def folders(data: Path) -> set[Path]:
    """The folders of finished recordings."""
    return {path.parent for path in (data / "media" / "vod").glob("*/event.m3u8")}


def finished(data: Path, before: set[Path]) -> Path:
    """The recording of this round, once it is recovered."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        for folder in folders(data) - before:
            if "#EXT-X-ENDLIST" in (folder / "event.m3u8").read_text():
                return folder
        time.sleep(0.05)
    raise RuntimeError(f"no recording was recovered within {LIMIT_S:.0f} s")


def same_pictures(recording: Path, kept: float) -> bool:
    """Whether the recorded frames are those of the source, bit for bit."""
    frames = int(kept * 30)
    recorded = hashes(recording / "event.m3u8")
    source = source_hashes()
    return len(recorded) >= frames - 1 and recorded == source[: len(recorded)]


@functools.cache
def source_hashes() -> list[str]:
    """The frames that were sent."""
    return hashes(fixture())


def hashes(path: Path) -> list[str]:
    """The decoded frames of a file, as MD5."""
    command = [
        ffmpeg(),
        "-v",
        "error",
        "-allowed_extensions",
        "ALL",
        "-i",
        str(path),
        "-map",
        "0:v",
        "-f",
        "framemd5",
        "-",
    ]
    if path.suffix != ".m3u8":
        command[3:5] = []
    out = subprocess.run(command, check=True, capture_output=True, timeout=120, text=True).stdout
    return [line.rpartition(",")[2].strip() for line in out.splitlines() if not line.startswith("#")]
