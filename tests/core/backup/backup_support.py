"""Small sites for backups: files and a database with something in each table that matters, and no server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aethex_live.backup import Made, create
from aethex_live.clock import SystemClock
from aethex_live.db import Database, EmbeddedPostgres
from aethex_live.db.database import CORE
from aethex_live.db.migrate import upgrade
from aethex_live.domain.audit import Audit
from aethex_live.domain.audit_chain import AuditChain
from aethex_live.secrets import load_secrets
from aethex_live.settings import Site

FILES = {
    "media/vod/one/event.m3u8": b"#EXTM3U\n",
    "media/vod/one/0.m4s": bytes(range(256)) * 9000,
    "media/vod/one/empty.m4s": b"",
    "storage/avatars/é “x” \U0001f600.png": b"\x89PNG",
    "plugins/notes/own.txt": b"a plugin's own",
    "something/else": b"whatever lies in the data folder",
}
NOT_KEPT = {"cache/templates/x": b"made anew", "backups/aethex-20200101T000000Z.tar": b"an older one"}


@dataclass
class SmallSite:
    """A site that has data and is not served."""

    site: Site
    db: Database

    async def backup(self, folder: Path, **options: object) -> Made:
        folder.mkdir(exist_ok=True)
        return await create(self.site, folder, **options)  # type: ignore[arg-type]  # as in the test


async def fill(site: Site) -> SmallSite:
    """Give a site files and rows."""
    for name, content in (FILES | NOT_KEPT).items():
        path = site.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert site.database_url is not None
    db = await Database.connect(site.database_url.get_secret_value(), (CORE,), pool=(1, 4))
    await upgrade(db)
    fingerprint = load_secrets(site, SystemClock()).fingerprint
    for key, value in (("secret_fingerprint", fingerprint), ("epoch", "old-epoch")):
        await db.execute("insert into core_site_fact (key, value) values ($1, $2)", [key, value])
    await db.execute("insert into core_topic (name, seq, epoch) values ('chat:1', 7, 'old-epoch')")
    await db.execute(
        "insert into core_event (id, type, version, subject, payload, occurred_at)"
        " select gen_random_uuid(), 'tested', 1, 'é' || n, jsonb_build_object('n', n), now()"
        " from generate_series(1, 500) n"
    )
    for number in range(5):
        await Audit().write("thing.done", actor=None, subject=f"thing:{number}", detail={"n": number})
    await AuditChain(db).seal()
    return SmallSite(site, db)


def tree(folder: Path) -> dict[str, str]:
    """All files below a folder with their hashes, but for those of databases."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not name.startswith("postgres/"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def embedded(folder: Path) -> EmbeddedPostgres:
    """The database of a site that was restored into a folder."""
    return EmbeddedPostgres(folder / "postgres", fsync=False)
