"""The encoder of the test picture: finds an address that takes it, and sends bars and a tone there by ffmpeg."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aethex_live.errors import Unavailable
from aethex_live.providers.streaming import Endpoint

SECONDS: Final = 30
_CONNECT_S = 3.0
_BARS = "testsrc2=s=1280x720:r=30"
_TONE = "sine=f=440:b=4:r=48000"
_ENCODE = "-c:v libx264 -preset ultrafast -tune zerolatency -g 60 -b:v 1500k -pix_fmt yuv420p -c:a aac -b:a 96k -ac 2"


async def reachable(endpoint: Endpoint) -> tuple[str, str]:
    """The address to send to, and a note where it is not the one that creators are shown. Raises Unavailable."""
    parts = urlsplit(endpoint.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 1935
    if await _answers(host, port):
        return endpoint.url, ""
    if await _answers("127.0.0.1", port):
        note = f"This machine does not reach {host}:{port} itself, so the test went by 127.0.0.1. Try it from outside."
        return endpoint.url.replace(parts.netloc, f"127.0.0.1:{port}", 1), note
    raise Unavailable(f"Nothing answers at {host}:{port}, where encoders should connect. Look at the firewall.")


async def _answers(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def send(ffmpeg: Path, target: str) -> str:
    """Send bars and a tone for half a minute; returns the last line of what ffmpeg complained about."""
    process = await asyncio.create_subprocess_exec(
        *(str(ffmpeg), "-hide_banner", "-loglevel", "error", "-nostdin"),
        *("-re", "-f", "lavfi", "-i", _BARS, "-re", "-f", "lavfi", "-i", _TONE),
        *(*_ENCODE.split(), "-t", str(SECONDS), "-f", "flv", target),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS * 2):
            _, said = await process.communicate()
    except TimeoutError:
        return "the encoder hung"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = said.decode(errors="replace").replace(target, "the address").strip().splitlines()
    return lines[-1][:200] if lines else ""
