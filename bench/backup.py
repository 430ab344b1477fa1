"""A backup of 1 GB of media and a million rows: made while the site runs, restored, verified."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from aethex_live.db._address import socket_dsn
from aethex_live.db._runtime import foreign_server
from bench.figures import Figure
from bench.served import ROOT, ServedSite, served

GB = 1_000_000_000
MEDIA, ROWS, GOAL_S = GB, 1_000_000, 60.0
SEGMENT = 1_500_000
LIMIT_S = 600
EVENTS = """
insert into core_event (id, type, version, subject, payload, occurred_at)
select gen_random_uuid(), 'chat.said', 1, 'channel:' || (n % 500),
       jsonb_build_object('text', md5(n::text), 'n', n), now() - n * interval '1 second'
from generate_series(1, $1::int) n
"""


def run(quick: bool) -> Iterable[Figure]:
    """Fill a site, back it up while it runs, restore it into a new folder, verify the file."""
    size, rows = (MEDIA // 20, ROWS // 20) if quick else (MEDIA, ROWS)
    with served() as site:
        fill(site, size, rows)
        backup = site.data.parent / "backup.tar"
        made = timed("backup", "create", str(backup), "--data", str(site.data))
        verified = timed("backup", "verify", str(backup))
        with tempfile.TemporaryDirectory(prefix="aethex-restored-", ignore_cleanup_errors=True) as folder:
            restored = timed("backup", "restore", str(backup), "--into", str(Path(folder) / "site"))
        note = f"{size / GB:.2f} GB of media, {rows:,} rows, file {backup.stat().st_size / GB:.2f} GB"
    goal = None if quick else restored <= GOAL_S
    yield Figure(figure="backup made while the site runs", value=made, unit="s", goal="shown", met=None, note=note)
    yield Figure(figure="backup verified, every byte", value=verified, unit="s", goal="shown", met=None)
    yield Figure(
        figure="backup restored and verified, every byte and row", value=restored, unit="s", goal=GOAL_S, met=goal
    )


def fill(site: ServedSite, size: int, rows: int) -> None:
    """Media that can't be squeezed, and rows as the event log has them."""
    folder = site.data / "media" / "vod" / "00000000-0000-7000-8000-000000000000"
    folder.mkdir(parents=True)
    chance = random.Random(20261122)
    for number in range(size // SEGMENT):
        (folder / f"{number}.m4s").write_bytes(chance.randbytes(SEGMENT))
    server = foreign_server(site.data / "postgres" / "cluster")
    assert server is not None
    asyncio.run(_insert(socket_dsn(str(server.sockets), "aethex", "aethex"), rows))
    os.sync()


async def _insert(dsn: str, rows: int) -> None:
    connection = await asyncpg.connect(dsn, timeout=10)
    await connection.execute(EVENTS, rows, timeout=LIMIT_S)
    async with asyncio.timeout(LIMIT_S):  # the dispatcher gives all of them their positions first
        while await connection.fetchval("select exists (select 1 from core_event where position is null)"):
            await asyncio.sleep(0.2)
    await connection.close(timeout=5)


def timed(*arguments: str) -> float:
    """Seconds that the command takes, from its start to its end."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "aethex_live.cli", *arguments], cwd=ROOT, check=True, timeout=LIMIT_S)
    return time.monotonic() - begun
