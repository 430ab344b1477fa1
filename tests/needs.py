"""What some tests need from the machine: `need("chromium")` gives its path, or skips the test with the reason.

A name in AETHEX_REQUIRE (comma-separated) turns the skip into a failure, so that a CI can't quietly test less.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def need(name: str) -> Path:
    """The path of an optional need (a name of `_FINDERS`); skips or fails without it."""
    finder = _FINDERS.get(name)
    if finder is None:
        raise ValueError(f"nobody knows the need {name!r}: it is one of {', '.join(sorted(_FINDERS))}")
    found = finder()
    if found is not None:
        return found
    reason = f"needs {name}, which is not here: {_HINTS[name]}"
    if name in required():
        pytest.fail(f"{reason} (AETHEX_REQUIRE names it)", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def find(name: str) -> Path | None:
    """Where the tool is, or None: for what can go on without it."""
    return _FINDERS[name]()


def required() -> set[str]:
    """The names in AETHEX_REQUIRE."""
    return {name.strip() for name in os.environ.get("AETHEX_REQUIRE", "").split(",") if name.strip()}


def _program(*names: str) -> Callable[[], Path | None]:
    def find() -> Path | None:
        return next((Path(found) for name in names if (found := shutil.which(name))), None)

    return find


def _nginx() -> Path | None:
    # Debian keeps it where only root's PATH looks
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return Path(found) if found else None


def _ffmpeg() -> Path | None:
    if found := shutil.which("ffmpeg"):
        return Path(found)
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def _specs() -> Path | None:
    given = os.environ.get("AETHEX_SPECS")
    folder = Path(given) if given else ROOT.parent / "shared" / "specs"
    return folder if folder.is_dir() else None


def _steady() -> Path | None:
    # the program itself: its wrapper in Node leaves it on its port when it is ended
    found = sorted((ROOT / "node_modules" / "@stdy").glob("cli-*/bin/steady*"))
    return found[0] if found else None


_FINDERS: dict[str, Callable[[], Path | None]] = {
    "chromium": _program("chromium", "chromium-browser", "google-chrome"),
    "redis": _program("redis-server"),
    "ffmpeg": _ffmpeg,
    "ffprobe": _program("ffprobe"),
    "nginx": _nginx,
    "node": _program("node"),
    "npm": _program("npm"),
    "specs": _specs,
    "steady": _steady,
}
_HINTS = {
    "chromium": "install the package chromium",
    "redis": "install the package redis-server",
    "ffmpeg": "install ffmpeg or the extra [media]",
    "ffprobe": "install ffmpeg",
    "nginx": "install the package nginx-light",
    "node": "install Node.js",
    "npm": "install Node.js with npm",
    "specs": "set AETHEX_SPECS to the folder of the vendors' API descriptions",
    "steady": "run npm ci, which brings @stdy/cli",
}
