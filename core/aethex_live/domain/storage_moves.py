"""Moving stored files from one provider to another while the site runs.

Rows name the provider that keeps their files. So a file is read where it was until it lies at the new place, read back
and found equal; then its row is told. The old files go last, when they are asked to. Each step is written down or can
be seen from outside, so a move that was killed goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aethex_live.domain.storage_copying import Copier
from aethex_live.domain.storage_journal import Journal, Moved
from aethex_live.domain.storage_rows import Naming, StorageRows, belongs
from aethex_live.errors import AethexError
from aethex_live.providers import AccessDenied, NotConfigured, NotFound, ProviderError
from aethex_live.providers.storage import StorageProvider, StoredObject

ROUNDS = 3  # files may arrive at the old place meanwhile
GIVEN_UP_AFTER = 20  # failures in a row: a place that is down fails every file
_MOST_TOLD = 20
_TOGETHER = 100  # old files deleted by a call


@dataclass(slots=True)
class MoveReport:
    """What a move did. `copied` and `known` (moved earlier) in files, `size` in bytes of those copied now.

    `rows` by table name the new place now; `withdrawn` copies were taken back because their rows went meanwhile;
    `deleted` old files are gone, `kept` ones stay because rows name them still. `failed`: keys with a sentence each.
    """

    copied: int = 0
    known: int = 0
    size: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    withdrawn: int = 0
    deleted: int = 0
    kept: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether all went well."""
        return not self.failed and not self.kept

    def lines(self, source: str, target: str) -> list[str]:
        """The report for people."""
        told = [
            f"{self.copied:,} files ({self.size / 1e6:,.1f} MB) were copied from {source} to {target} and read back."
        ]
        if self.known:
            told.append(f"{self.known:,} were there already, by an earlier run.")
        told += [f"{count:,} rows of {table} name {target} now." for table, count in sorted(self.rows.items()) if count]
        if self.withdrawn:
            told.append(f"{self.withdrawn:,} copies were taken back: nobody names them any more.")
        if self.deleted:
            told.append(f"{self.deleted:,} files were deleted at {source}.")
        if self.kept:
            told.append(f"{self.kept:,} files stay at {source}, because rows name them there still: run this again.")
        if self.failed:
            told.append(f"{len(self.failed):,} files could not be moved; run this again. The first:")
            told += [f"  {sentence}" for sentence in list(self.failed.values())[:_MOST_TOLD]]
        return told


class StorageMove:
    """One move from a provider to another."""

    def __init__(
        self,
        source: StorageProvider,
        target: StorageProvider,
        journal: Journal,
        rows: StorageRows,
        *,
        jobs: int = 8,
        told: Callable[[MoveReport], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._target = target
        self._journal = journal
        self._rows = rows
        self._jobs = jobs
        self._told = told
        self._copier = Copier(source, target, journal)
        self._fresh: set[str] = set()
        self._in_a_row = 0

    async def run(self, prefix: str = "", *, delete_source: bool = False) -> MoveReport:
        """Bring over all files below a prefix and let their rows know; then delete the old ones, if that is wanted."""
        report = MoveReport()
        self._fresh.clear()
        self._in_a_row = 0
        await self._forget_lost(prefix)
        for _ in range(ROUNDS):
            # a row that is there now has all its files; those of a row that comes later may be on their way
            namings = await self._rows.naming(self._source.name, prefix)
            before = report.copied
            await self._copy_all(prefix, report)
            await self._tell_rows(namings, prefix, report)
            if report.copied == before:
                break
        if delete_source:
            await self._delete_old(prefix, report)
        return report

    async def _forget_lost(self, prefix: str) -> None:
        """What the journal knows and the new place has lost since is to be brought over again."""
        there = {found.key: found.size async for found in self._target.list(prefix)}
        for moved in self._journal:
            if moved.key.startswith(prefix) and there.get(moved.key) != moved.size:
                self._journal.drop(moved.key)

    async def _copy_all(self, prefix: str, report: MoveReport) -> None:
        try:
            await self._copy_listed(prefix, report)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _copy_listed(self, prefix: str, report: MoveReport) -> None:
        report.known = 0
        report.failed.clear()
        waiting: asyncio.Queue[StoredObject | None] = asyncio.Queue(2 * self._jobs)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._jobs):
                tasks.create_task(self._work(waiting, report))
            async for found in self._source.list(prefix):
                await waiting.put(found)
            for _ in range(self._jobs):
                await waiting.put(None)

    async def _work(self, waiting: asyncio.Queue[StoredObject | None], report: MoveReport) -> None:
        while (found := await waiting.get()) is not None:
            try:
                outcome = await self._copier.copy(found)
            except (AccessDenied, NotConfigured):
                raise  # it would be the same with every other file
            except AethexError as error:
                report.failed[found.key] = f"{found.key}: {error}"
                self._in_a_row += isinstance(error, ProviderError)
                if self._in_a_row >= GIVEN_UP_AFTER:
                    raise
                continue
            self._in_a_row = 0
            if outcome == "copied":
                report.copied += 1
                report.size += found.size
                self._fresh.add(found.key)
            elif outcome == "known" and found.key not in self._fresh:
                report.known += 1
            self._told(report)

    async def _tell_rows(self, namings: Sequence[Naming], prefix: str, report: MoveReport) -> None:
        """Let rows name the new place whose files are all there; take back what no row wants any more."""
        wanted = {naming.key for naming in namings}
        there = {found for moved in self._journal if (found := belongs(moved.key, wanted))}
        there -= {found for key in report.failed if (found := belongs(key, wanted))}
        ready = [naming for naming in namings if naming.key in there]
        report.rows += await self._rows.hand_over(ready, self._source.name, self._target.name)
        named = {naming.key for naming in await self._rows.naming(self._target.name, prefix)}
        named |= {naming.key for naming in await self._rows.naming(self._source.name, prefix)}
        if forgotten := there - named:
            await self._take_back([moved for moved in self._journal if belongs(moved.key, forgotten)], report)

    async def _take_back(self, copies: Sequence[Moved], report: MoveReport) -> None:
        """A row went while its files were moved: whoever deleted them knew of the old place alone."""
        for moved in copies:
            await self._target.delete(moved.key)
            self._journal.drop(moved.key)
            report.withdrawn += 1

    async def _delete_old(self, prefix: str, report: MoveReport) -> None:
        """Delete at the old place what lies at the new one as it is now, and what no row looks for here."""
        named = {naming.key for naming in await self._rows.naming(self._source.name, prefix)}
        ready: list[Moved] = []
        async for found in self._source.list(prefix):
            moved = self._journal.get(found.key)
            if moved is None or (moved.etag, moved.size) != (found.etag, found.size):
                continue
            if belongs(found.key, named):
                report.kept += 1
            else:
                ready.append(moved)
        for start in range(0, len(ready), _TOGETHER):
            some = ready[start : start + _TOGETHER]
            there = await asyncio.gather(*(self._is_there(moved, report) for moved in some))
            keys = [moved.key for moved, is_there in zip(some, there, strict=True) if is_there]
            await self._source.delete(*keys)
            report.deleted += len(keys)
            self._told(report)

    async def _is_there(self, moved: Moved, report: MoveReport) -> bool:
        try:
            return (await self._target.head(moved.key)).size == moved.size
        except NotFound:
            self._journal.drop(moved.key)
            report.failed[moved.key] = f"{moved.key}: the copy at {self._target.name} is gone, so the old file stays."
            return False
