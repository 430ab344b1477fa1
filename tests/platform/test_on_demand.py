"""Plugins of vendors wait until they are wanted: a site on embedded providers reads nothing of them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path

import aethex_plugins

VENDORS = ("stripe", "boto3", "botocore", "mux_python", "cloudflare", "authlib", "joserfc", "standardwebhooks", "httpx")
CODE = """
import asyncio, sys
from pathlib import Path
from sites import run_site

async def main():
    async with await run_site(sys.argv[1], Path(sys.argv[2])) as site:
        assert (await (await site.browser()).get("/")).status == 200
        print(*(name for name in sys.modules if name.startswith("aethex_plugins.") or name in {vendors}))

asyncio.run(main())
"""


def waiting() -> set[str]:
    """The official plugins that are on only on demand."""
    (folder,) = aethex_plugins.__path__
    manifests = (tomllib.loads(file.read_text("utf-8")) for file in Path(folder).glob("*/plugin.toml"))
    return {manifest["name"] for manifest in manifests if manifest.get("on_demand")}


async def test_a_site_on_embedded_providers_reads_no_plugin_and_no_library_of_a_vendor(
    whole_dsn: Callable[[], Awaitable[str]], tmp_path: Path
) -> None:
    code = CODE.replace("{vendors}", repr(VENDORS))
    tests = Path(__file__).parents[1]
    ran = subprocess.run(
        [sys.executable, "-c", code, await whole_dsn(), str(tmp_path)],
        cwd=tests,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    read = set(ran.stdout.split())
    assert {"aethex_plugins.stream_local", "aethex_plugins.storage_local"} <= read
    assert {name for name in read if name in VENDORS} == set()
    assert {name for name in waiting() if f"aethex_plugins.{name}" in read} == set()
    assert len(waiting()) >= 10
