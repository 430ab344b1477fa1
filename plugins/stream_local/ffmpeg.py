"""Finds ffmpeg and runs it: a child process, niced, one at a time, with a time limit."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_OLDEST: Final = (5, 1)
_VERSION: Final = re.compile(rb"ffmpeg version n?(\d+)\.(\d+)")


class FfmpegFailed(RuntimeError):
    """ffmpeg did not do what it was asked for; the text is the end of what it said."""


async def find_ffmpeg(configured: Path | None) -> Path | None:
    """The ffmpeg to use: the configured one, the one of imageio-ffmpeg, or one on PATH that is new enough."""
    if configured is not None:
        return configured
    if (packaged := _from_package()) is not None:
        return packaged
    found = shutil.which("ffmpeg")
    return Path(found) if found is not None and await _new_enough(found) else None


def _from_package() -> Path | None:
    """The program inside the wheel. (Its own function runs it to see whether it runs: 0.1 s of every start.)"""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    if spec is None or spec.origin is None:
        return None
    programs = sorted((Path(spec.origin).parent / "binaries").glob("ffmpeg-*"))
    return next((path for path in reversed(programs) if os.access(path, os.X_OK)), None)


def be_nice(pid: int, by: int) -> None:
    """Let a child give way to us."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, by)
    except OSError as error:
        log.debug("ffmpeg keeps its priority: %s", error)


async def _new_enough(path: str) -> bool:
    try:
        said = await Ffmpeg(Path(path)).run(["-version"], b"", timeout=5.0)
    except (FfmpegFailed, OSError):
        return False
    match = _VERSION.search(said)
    return match is not None and (int(match[1]), int(match[2])) >= _OLDEST


class Ffmpeg:
    """Runs ffmpeg on data that we give it; it never opens an address or a file of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one = asyncio.Lock()

    async def run(self, arguments: Sequence[str], data: bytes, *, timeout: float) -> bytes:
        """What ffmpeg writes to its output for `data` on its input. Raises FfmpegFailed, OSError."""
        async with self._one:
            return await self._run(arguments, data, timeout)

    async def _run(self, arguments: Sequence[str], data: bytes, timeout: float) -> bytes:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            str(self._path), *arguments, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
        be_nice(process.pid, 10)
        try:
            output, said = await asyncio.wait_for(process.communicate(data), timeout)
        except TimeoutError:
            raise FfmpegFailed(f"it took longer than {timeout:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise FfmpegFailed(said[-300:].decode("utf-8", "replace").strip())
        return output
