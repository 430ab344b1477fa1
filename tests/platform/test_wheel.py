"""The wheel: it carries both packages with their files, and serves from a fresh environment."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import aiohttp
import pytest

from sites import free_port

ROOT = Path(__file__).parent.parent.parent
LIMIT_S = 60


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=LIMIT_S)
    return next(folder.glob("*.whl"))


def test_it_has_exactly_two_packages_at_the_top(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"aethex_live", "aethex_plugins"}


def test_it_carries_templates_manifests_types_and_the_built_static_files(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "aethex_live/py.typed",
        "aethex_plugins/py.typed",
        "aethex_live/templates/home.html",
        "aethex_live/static/vendor/manifest.json",
        "aethex_live/static/vendor/THIRD_PARTY_LICENSES",
        "aethex_plugins/chat/plugin.toml",
        "aethex_plugins/stream_local/plugin.toml",
    } <= names
    assert not [name for name in names if name.startswith("aethex_plugins") and "/tests/" in name]


@pytest.mark.slow
async def test_it_serves_from_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    # Given an environment that has the dependencies and the wheel, but not the checkout
    python = fresh_environment(tmp_path / "venv", wheel)
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AETHEX_", "PYTHON"))}
    # When it is served from an empty folder
    process = await asyncio.create_subprocess_exec(
        *(
            str(python),
            "-m",
            "aethex_live.cli",
            "serve",
            "--port",
            str(port),
            "--data",
            str(tmp_path / "data"),
        ),
        cwd=tmp_path,
        env=environ | {"AETHEX_STREAM_LOCAL__RTMP_PORT": str(free_port())},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        # Then the home page stands, with its style
        await said(process, "is up at")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session, session.get("/") as home:
            assert home.status == 200
            style = re.search(r'href="(/static/css/[^"]+)"', await home.text())
            assert style is not None
            async with session.get(style.group(1)) as css:
                assert css.status == 200
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
    assert process.returncode == 0


def fresh_environment(folder: Path, wheel: Path) -> Path:
    """A virtual environment with the wheel; the dependencies are those of this one, by a .pth file."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=LIMIT_S)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    zipfile.ZipFile(wheel).extractall(packages)
    here = Path(aiohttp.__file__).parent.parent
    # the checkout's own .pth file in there is not followed from here, so only the wheel has our packages
    (packages / "dependencies.pth").write_text(f"{here}\n")
    return folder / "bin" / "python"


async def said(process: asyncio.subprocess.Process, words: str) -> None:
    """Wait until the process says the words."""
    assert process.stderr is not None
    async with asyncio.timeout(LIMIT_S):
        heard = ""
        while words not in heard:
            line = await process.stderr.readline()
            assert line, f"it ended without saying {words!r}: {heard}"
            heard += line.decode()
