"""Real media for the player: a recording and a running live playlist, made by ffmpeg; and the markup around them."""

import asyncio
import contextlib
import html
import json
from collections.abc import AsyncIterator
from pathlib import Path

TIME_LIMIT = 90  # s that an encoder may live
PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=f=440:r=48000"]
ENCODE = [
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-tune",
    "zerolatency",
    "-g",
    "30",
    "-keyint_min",
    "30",
    "-sc_threshold",
    "0",
    "-c:a",
    "aac",
    "-b:a",
    "64k",
]
STRINGS = {
    "poster": "Ready",
    "loading": "Loading",
    "live": "You are live",
    "behind": "You are behind",
    "reconnecting": "The creator lost the connection",
    "connecting": "Starting soon",
    "offline": "Nova is offline",
    "ended": "The stream is over",
    "error": "The video can't be played ({code})",
    "retry": "Trying again in {s} s",
    "latency": "{s} s behind",
    "recording": "Recording",
}


async def make_recording(ffmpeg: Path, folder: Path, seconds: int = 40) -> Path:
    """A recording as HLS with fMP4 segments, `vod.m3u8`."""
    output = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    arguments = [*PICTURE, "-t", str(seconds), *ENCODE, *output, str(folder / "vod.m3u8")]
    process = await _start(ffmpeg, arguments)
    assert await asyncio.wait_for(process.wait(), 30) == 0
    return folder


@contextlib.asynccontextmanager
async def broadcasting(ffmpeg: Path, folder: Path, *, resume: bool = False) -> AsyncIterator[Path]:
    """A broadcast as plain HLS, `live.m3u8`, 1 s segments; leaving the block cuts it off without an end mark.

    `resume` goes on with the same playlist after a discontinuity.
    """
    flags = "delete_segments+omit_endlist+program_date_time" + ("+append_list" if resume else "")
    output = f"-f hls -hls_time 1 -hls_list_size 30 -hls_flags {flags}+temp_file -hls_segment_type mpegts".split()
    arguments = ["-re", *PICTURE, "-t", str(TIME_LIMIT), *ENCODE, *output, str(folder / "live.m3u8")]
    process = await _start(ffmpeg, arguments)
    try:
        async with asyncio.timeout(15):
            while not (folder / "live.m3u8").exists() or (folder / "live.m3u8").read_text().count("EXTINF") < 3:
                await asyncio.sleep(0.05)
        yield folder
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _start(ffmpeg: Path, arguments: list[str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(ffmpeg),
        "-hide_banner",
        "-loglevel",
        "error",
        "-nostdin",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
    )


def player(*, controls: bool = True, **data: str) -> str:
    """An <ax-player> as the templates write it; `data` are its data attributes."""
    given = " ".join(f'data-{name}="{html.escape(value)}"' for name, value in data.items())
    strings = html.escape(json.dumps(STRINGS))
    bar = (
        "<media-control-bar><media-play-button></media-play-button><media-mute-button></media-mute-button>"
        "<media-volume-range></media-volume-range><media-time-range></media-time-range>"
        "<media-settings-menu-button></media-settings-menu-button><media-pip-button></media-pip-button>"
        "<media-fullscreen-button></media-fullscreen-button></media-control-bar>"
        '<media-settings-menu hidden anchor="auto"><media-settings-menu-item>Speed'
        '<media-playback-rate-menu slot="submenu" hidden></media-playback-rate-menu>'
        "</media-settings-menu-item></media-settings-menu>"
    )
    source = f'<source src="{data["plain"]}" type="application/vnd.apple.mpegurl">' if data.get("plain") else ""
    return f"""
    <ax-player {given} data-strings="{strings}" style="display:block;inline-size:640px">
      <media-controller style="inline-size:100%;aspect-ratio:16/9">
        <video slot="media" playsinline controls preload="none">{source}</video>{bar if controls else ""}
      </media-controller>
      <p role="status" data-message></p><span data-code></span><span data-retry-in></span><span data-latency></span>
      <button data-act="unmute" hidden>Unmute</button> <button data-act="live" hidden>Go to live</button>
      <button data-act="theatre" aria-pressed="false">Theatre</button>
      <button data-act="retry" hidden>Try again</button>
      <a data-recording-link data-href="/videos/{{id}}" hidden>Watch the recording</a>
    </ax-player>"""
