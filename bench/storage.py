"""Moving stored files into a bucket of a stand-in on this machine, killed again and again: what is missing then."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench.figures import Figure
from bench.served import ROOT

sys.path.insert(0, str(ROOT / "tests"))

FILES, KILLS = 10_000, 20
JOBS = 8


def run(quick: bool) -> Iterable[Figure]:
    """Fill a site, move its files with kills at random moments, compare everything."""
    files, kills = (300, 2) if quick else (FILES, KILLS)
    from buckets import bucket_server

    with bucket_server() as endpoint:
        return asyncio.run(measure(endpoint, files, kills, quick=quick))


async def measure(endpoint: str, files: int, kills: int, *, quick: bool) -> list[Figure]:
    """The figures of one move with kills, and of the last run, which nobody disturbed."""
    from aethex_live.db import EmbeddedPostgres
    from buckets import make_bucket
    from moves import Site, fill

    chance = random.Random(20261123)
    with tempfile.TemporaryDirectory(prefix="aethex-moves-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", fsync=False)
        await server.start()
        try:
            site = Site(server.dsn(), Path(folder) / "data", endpoint, make_bucket(endpoint))
            await fill(site, files)
            before, done = site.local_digests(), 0
            for _ in range(kills):
                done += await site.run_and_kill(chance.randrange(1, 2 * files // (kills + 2)), "--jobs", str(JOBS))
            begun = time.monotonic()
            last = await site.run("--jobs", str(JOBS))
            seconds = time.monotonic() - begun
            after, repeated = site.bucket_digests(), site.written() - files
        finally:
            await server.stop()
    missing = len(before.keys() - after.keys())
    wrong = sum(after.get(key) != digest for key, digest in before.items()) - missing
    twice = len(after.keys() - before.keys())  # a second copy could only lie under another name
    note = f"{files:,} files, {done} kills, {repeated} lines too many; exit code {last.code} after {seconds:.0f} s"
    met = None if quick else missing == wrong == twice == last.code == 0 and done == kills
    return [
        Figure(figure=name, value=value, unit="files", goal=0, met=met, note=note)
        for name, value in (
            ("storage migrate, killed: missing", missing),
            ("storage migrate, killed: different", wrong),
            ("storage migrate, killed: twice", twice),
        )
    ]
