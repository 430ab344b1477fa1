"""What machines that watch over a process ask it: is it alive, is it ready, how busy is it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from aethex_live.platform import Platform

LIMIT_S = 2.0
TEXT: Final = "text/plain; charset=utf-8"
PATHS: Final = frozenset({"/livez", "/readyz", "/metrics"})


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    body: bytes
    status: int = 200
    content_type: str = TEXT


async def tell(platform: Platform, path: str, address: str) -> Told:
    """The answer at one of PATHS to a visitor at `address`."""
    if path == "/livez":
        return Told(b"ok\n")
    if path == "/readyz":
        problems = await _problems(platform)
        body = orjson.dumps({"ready": not problems, "problems": problems})
        return Told(body, 503 if problems else 200, "application/json")
    if not platform.is_local(address):
        return Told(b"Metrics are given to this machine only.\n", 403)
    return Told(platform.metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


async def _problems(platform: Platform) -> list[str]:
    found = ["The site is stopping."] if platform.stopping else []
    try:
        async with asyncio.timeout(LIMIT_S):
            await platform.db.fetch("select 1")
    except Exception:  # noqa: BLE001  (whatever is wrong with it, it is not ready)
        found.append("The database does not answer.")
    try:
        async with asyncio.timeout(LIMIT_S):
            await platform.cache.ping()
    except Exception:  # noqa: BLE001  (whatever is wrong with it, it is not ready)
        found.append("Redis does not answer.")
    return found
