"""The content policy of every page, judged by csp_evaluator: it finds nothing."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from needs import ROOT, need
from sites import LiveSite

HERE = Path(__file__).parent
PAGES = (
    "/",
    "/nova",
    "/nova/live",
    "/nova/videos",
    "/sign-in",
    "/sign-up",
    "/studio/nova",
    "/settings",
    "/nothing-here",
)
# the evaluator says of every 'self' that it may be a problem where one hosts JSONP, AngularJS or what people upload as
# scripts; it can't know that we do not (uploads are re-encoded pictures, and storage serves no script types)
MAYBE = ("script-src", "'self'", "MEDIUM_MAYBE")


async def findings(policies: list[str]) -> list[dict[str, str]]:
    node, _ = need("node"), need("npm")
    process = await asyncio.create_subprocess_exec(
        str(node),
        str(HERE / "judge_policy.cjs"),
        env={"NODE_PATH": str(ROOT / "node_modules"), "PATH": str(node.parent)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        printed, complaint = await process.communicate("\n".join(policies).encode())
    assert process.returncode == 0, complaint.decode()
    found: list[dict[str, str]] = json.loads(printed)
    return found


async def test_the_evaluator_finds_nothing_in_the_policy_of_any_page(site: LiveSite) -> None:
    owner = await site.creator("csp_ada", "nova")
    policies = {(await owner.get(path)).headers["Content-Security-Policy"] for path in PAGES}
    # the test site stands on this machine, which the evaluator would object to
    found = await findings(
        sorted(re.sub(r"wss?://127\.0\.0\.1:\d+", "wss://live.example.org", text) for text in policies)
    )
    assert [one for one in found if (one["directive"], one["value"], one["severity"]) != MAYBE] == []


async def test_the_evaluator_does_find_a_weak_policy() -> None:
    found = await findings(["script-src 'unsafe-inline' *", "default-src 'none'; script-src data:"])
    assert {one["severity"] for one in found} >= {"HIGH"}
