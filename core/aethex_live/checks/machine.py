"""Checks of the machine: room on the disk, rights of files, the clock, ffmpeg."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aethex_live.secrets import FILE_NAME, MIN_LENGTH
from aethex_live.settings import Site

from .finding import Finding, bad, ok, warning

GB = 1_000_000_000
LEAST_GB, LITTLE_GB = 2.0, 10.0  # recordings stop at 2 GB (stream_local.disk_floor_mb)
_BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # no right clock shows less
_CHILD_SECONDS = 10


def disk(site: Site) -> Finding:
    """Whether there is room for recordings where the data lies."""
    place = next(path for path in (site.data, *site.data.parents) if path.exists())
    usage = shutil.disk_usage(place)
    free = usage.free / GB
    said = f"{free:.1f} GB of {usage.total / GB:.0f} GB are free for {site.data}."
    step = "Free some space, shorten the retention of recordings, or move the data folder to a larger disk."
    if free < LEAST_GB:
        return bad("disk", f"The disk is nearly full: {said}", step)
    return warning("disk", said, step) if free < LITTLE_GB else ok("disk", said)


def folder(site: Site) -> Iterator[Finding]:
    """Whether the data folder can be written, and whether strangers can read what is secret."""
    if not site.data.exists():
        parent = next(path for path in site.data.parents if path.exists())
        if not os.access(parent, os.W_OK | os.X_OK):
            yield bad("data", f"The data folder {site.data} can't be made.", f"Make it, or correct {parent}'s rights.")
        else:
            yield ok("data", f"The data folder {site.data} will be made by the first start.")
        return
    if not os.access(site.data, os.R_OK | os.W_OK | os.X_OK):
        yield bad(
            "data",
            f"This account may not read and write the data folder {site.data}.",
            "Run the command as the account that runs the site, or correct the folder's owner.",
        )
        return
    if site.data.stat().st_mode & stat.S_IWOTH:
        yield warning("data", f"Everybody may write in {site.data}.", f"Run: chmod o-w {site.data}")
    else:
        yield ok("data", f"The data folder {site.data} can be written.")


def secret(site: Site) -> Finding:
    """Whether there is a secret, long enough and read by its owner alone."""
    if site.secret is not None:
        if len(site.secret.get_secret_value().strip()) < MIN_LENGTH:
            return bad("secret", "AETHEX_SECRET is too short.", f"It needs {MIN_LENGTH} characters or more.")
        return ok("secret", "AETHEX_SECRET is set. Keep a copy of it: it is in no backup.")
    path = site.data / FILE_NAME
    try:
        mode, size = stat.S_IMODE(path.stat().st_mode), len(path.read_bytes().strip())
    except FileNotFoundError:
        return ok("secret", "There is no secret yet; the first start makes it.")
    except OSError as error:
        return bad("secret", f"{path} can't be read: {error.strerror}.", "Correct its owner; its mode is 0600.")
    if size < MIN_LENGTH:
        return bad("secret", f"{path} is damaged: {size} characters.", "Put it back from a backup.")
    if mode & 0o077:
        return warning("secret", f"{path} can be read by others (mode {mode:o}).", f"Run: chmod 600 {path}")
    return ok("secret", f"{path} is there, for its owner alone.")


def clock(now: datetime) -> Finding:
    """Whether the clock can be right and is kept so: links, tokens and codes live by it."""
    step = "Set the clock and keep it by NTP: systemctl enable --now systemd-timesyncd (or chrony)."
    if now < _BUILT:
        return bad("clock", f"The clock shows {now:%Y-%m-%d}, which is long past.", step)
    if _synchronised() is False:
        return warning("clock", "The clock is not synchronised: one-time codes fail when it is 30 s off.", step)
    return ok("clock", f"The clock shows {now:%Y-%m-%d %H:%M:%S} UTC.")


def _synchronised() -> bool | None:
    """What systemd knows; None where it can't tell."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    said = _output([program, "show", "--property=NTPSynchronized", "--value"])
    return {"yes": True, "no": False}.get((said or "").strip())


def ffmpeg(site: Site) -> Finding:
    """Whether there is an ffmpeg that runs: without it there are no still pictures and no conversions."""
    path = find_ffmpeg(site)
    step = "Install the extra: pip install 'aethex-live[media]' (or the package ffmpeg), or set AETHEX_FFMPEG."
    if path is None:
        return warning("ffmpeg", "There is no ffmpeg: streams have no still pictures.", step)
    said = _output([str(path), "-version"])
    if said is None or not said.startswith("ffmpeg version"):
        return bad("ffmpeg", f"{path} does not run.", step)
    return ok("ffmpeg", f"ffmpeg {said.split()[2]} runs.")


def find_ffmpeg(site: Site) -> Path | None:
    """The ffmpeg that the platform uses: the configured one, that of a wheel, or one on PATH."""
    if site.ffmpeg is not None:
        return site.ffmpeg
    spec = importlib.util.find_spec("imageio_ffmpeg")
    if spec is not None and spec.origin is not None:
        for path in sorted((Path(spec.origin).parent / "binaries").glob("ffmpeg-*"), reverse=True):
            if os.access(path, os.X_OK):
                return path
    found = shutil.which("ffmpeg")
    return Path(found) if found else None


def _output(command: list[str]) -> str | None:
    try:
        run = subprocess.run(  # noqa: S603 - programs that we found, arguments of our own
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_CHILD_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout if run.returncode == 0 else None
