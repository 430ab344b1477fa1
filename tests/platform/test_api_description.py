"""The API against its own description: no 5xx, no status, type or body that the description does not know."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from sites import Browser, LiveSite, OpenSite

EXAMPLES = "12"  # a call; the coverage phase adds the edges of every field
SECONDS = "15"
LIMIT_S = 120.0
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# they would end the session that the run itself lives from, or the account
ENDING = (r"/session$", r"/sessions", r"/me$", r"/me/deletion", r"/tokens")
SEED = "20261122"


async def judge(site: LiveSite, browser: Browser, folder: Path) -> tuple[int | None, str]:
    """Run schemathesis as this visitor; its exit code and what it printed."""
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser.session.cookie_jar)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}api/v1/openapi.json"),
        *("-H", f"Cookie: {cookies}", "-H", f"Origin: {site.url.rstrip('/')}", "--checks", CHECKS),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED, "--no-color"),
        *("--suppress-health-check", "all", "--continue-on-failure", "--generation-database", "none"),
        *("--exclude-path-regex", "|".join(ENDING), "--max-time", SECONDS),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            printed = (await process.communicate())[0].decode(errors="replace")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, printed


@pytest.mark.parametrize("role", ["guest", "creator", "operator"])
async def test_every_call_answers_as_the_description_says(open_site: OpenSite, tmp_path: Path, role: str) -> None:
    site = await open_site()
    await site.creator("ada", "nova")
    visitors = {"guest": site.browser, "operator": site.operator}
    browser = await (visitors[role]() if role in visitors else site.creator("bea", "bees"))
    code, printed = await judge(site, browser, tmp_path)
    assert "Test cases:" in printed, printed[-3000:]
    assert code == 0, printed[printed.find("FAILURES") :][:12_000]
