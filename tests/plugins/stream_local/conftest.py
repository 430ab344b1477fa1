"""Fixtures of the streaming server's tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from needs import need as find_need

sys.path.insert(0, str(Path(__file__).parent))

from stream_kit import FakeTime, Film, frame_sums


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture(scope="session")
def ffmpeg() -> Path:
    return find_need("ffmpeg")


@pytest.fixture(scope="session")
def film(ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Six seconds of picture with B-frames and sound, as an encoder makes them."""
    path = tmp_path_factory.mktemp("film") / "film.flv"
    command = [str(ffmpeg), "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30"]
    command += ["-f", "lavfi", "-i", "sine=r=48000", "-t", "6", "-c:v", "libx264", "-preset", "veryfast"]
    command += ["-b:v", "800k", "-pix_fmt", "yuv420p", "-g", "60", "-keyint_min", "60", "-sc_threshold", "0"]
    command += ["-c:a", "aac", "-ac", "2", str(path)]
    subprocess.run(command, timeout=60, check=True)
    return Film(path, frame_sums(ffmpeg, path))
