"""The chain over the audit: what an entry's hash is made of, giving it, and finding where it breaks.

Entries are chained after their commit, in batches, by whichever process has the lock at that moment; the deeds that
are audited never wait for one another (docs/decisions/011).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import asyncpg
import orjson
from tortoise.exceptions import BaseORMException

from aethex_live.db import Database
from aethex_live.errors import AethexError, Invalid
from aethex_live.waiting import end_task

LOCK = zlib.crc32(b"aethex-audit-chain")
BATCH = 1000
POLL_SECONDS = 1.0
GENESIS = "0" * 64
_COLUMNS = "id, at, actor_id, actor_name, action, channel_id, subject, detail::text as detail, number, chain"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link: noted outside the site it proves that nothing before it was changed or cut off."""

    number: int
    chain: str

    def __str__(self) -> str:
        return f"{self.number}:{self.chain}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The head in a note. Raises Invalid when it is none."""
        number, _, chain = text.strip().partition(":")
        if not number.isdecimal() or len(chain) != len(GENESIS) or set(chain) - set("0123456789abcdef"):
            raise Invalid("A noted head looks like 1234:… with 64 hex digits, as `aethex audit verify --head` prints.")
        return cls(int(number), chain)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look over the whole chain found; `broken` is the first number that is wrong, and `why`."""

    head: Head
    broken: int | None = None
    why: str = ""


def link(before: str, row: Mapping[str, Any]) -> str:
    """The hash of an entry (`number` given, `detail` as the server's own JSON text) behind the hash before it.

    The array of texts that is hashed tells every two entries apart: JSON quotes what could be taken for a border.
    """
    values = [
        before,
        str(row["number"]),
        str(row["id"]),
        _instant(row["at"]),
        _or_null(row["actor_id"]),
        row["actor_name"],
        row["action"],
        _or_null(row["channel_id"]),
        row["subject"],
        row["detail"],
    ]
    return hashlib.sha256(orjson.dumps(values)).hexdigest()


def _or_null(value: object) -> str | None:
    return None if value is None else str(value)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class AuditChain:
    """Chains entries, now and for as long as the process lives; verifies them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to chain what is written."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="audit-chain")

    async def stop(self) -> None:
        """Stop; what was not chained is by the next process."""
        task, self._task = self._task, None
        await end_task(task)

    async def seal(self) -> int:
        """Chain all that is committed; returns how many entries that were."""
        sealed = 0
        while batch := await self._seal_batch():
            sealed += batch
        return sealed

    async def head(self) -> Head:
        """The newest link; number 0 when there is none."""
        rows = await self._db.fetch(
            "select number, chain from core_audit_entry where number is not null order by number desc limit 1"
        )
        return Head(rows[0]["number"], rows[0]["chain"] or "") if rows else Head(0, GENESIS)

    async def verify(self, noted: Head | None = None) -> Verdict:
        """Look over the whole chain; with a noted head also for what was cut off or replaced since."""
        last = Head(0, GENESIS)
        async for row in self._chained():
            if why := _fault(last, row):
                return Verdict(last, last.number + 1, why)
            last = Head(row["number"], row["chain"])
            if noted is not None and noted.number == last.number and noted != last:
                return Verdict(last, last.number, "it is sound in itself, but is not the entry whose head was noted")
        if noted is not None and noted.number > last.number:
            return Verdict(last, last.number + 1, f"it is missing, and so is all up to the noted {noted.number}")
        return Verdict(last)

    async def _chained(self) -> AsyncIterator[dict[str, Any]]:
        """All chained entries in order, a bounded number at a time, as they stood at one moment or later."""
        after = -(2**63)
        while rows := await self._db.fetch(
            f"select {_COLUMNS} from core_audit_entry where number > $1 order by number limit $2",  # noqa: S608
            [after, BATCH],
        ):
            for row in rows:
                yield row
            after = rows[-1]["number"]

    async def _seal_batch(self) -> int:
        async with self._db.transaction():
            if not (await self._db.fetch("select pg_try_advisory_xact_lock($1) as mine", [LOCK]))[0]["mine"]:
                return 0
            rows = await self._db.fetch(
                f"select {_COLUMNS} from core_audit_entry where number is null order by arrival limit $1",  # noqa: S608
                [BATCH],
            )
            if rows:
                await self._give(await self.head(), rows)
            return len(rows)

    async def _give(self, last: Head, rows: list[dict[str, Any]]) -> None:
        chains = []
        for row in rows:
            last = Head(last.number + 1, link(last.chain, row | {"number": last.number + 1}))
            chains.append(last)
        await self._db.execute(
            "update core_audit_entry as entry set number = given.number, chain = given.chain"
            " from unnest($1::uuid[], $2::bigint[], $3::text[]) as given (id, number, chain) where entry.id = given.id",
            [[row["id"] for row in rows], [head.number for head in chains], [head.chain for head in chains]],
        )

    async def _run(self) -> None:
        self._db.bind()
        while True:
            try:
                await self.seal()
            except (AethexError, OSError, TimeoutError, asyncpg.PostgresError, BaseORMException) as error:
                log.warning("The audit could not be chained (%s), trying again.", error)
            await asyncio.sleep(POLL_SECONDS)


def _fault(last: Head, row: Mapping[str, Any]) -> str:
    """Why this entry can't follow the last one; empty when it does."""
    if row["number"] != last.number + 1:
        return f"it is missing; the next that is there is {row['number']}"
    if row["chain"] != link(last.chain, row):
        return f"it or its hash was changed ({row['action']} on {row['subject'] or 'nothing'}, {_instant(row['at'])})"
    return ""
