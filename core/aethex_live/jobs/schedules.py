"""What is done again and again: each schedule by one process at a time, whichever looks first when it is due."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta

from aethex_live.db import Database
from aethex_live.errors import PluginError
from aethex_live.waiting import end_task, wait_at_most

from .contracts import Schedule, ScheduleRow

POLL_SECONDS = 5.0

_ADD = """
insert into core_schedule_state (name, due_at) select name, now() + make_interval(secs => first)
from unnest($1::text[], $2::float8[]) as known(name, first) on conflict (name) do nothing
"""
_CLAIM = """
update core_schedule_state set due_at = now() + make_interval(secs => $2),
  running_until = now() + make_interval(secs => $3)
where name = $1 and due_at <= now() and (running_until is null or running_until < now()) returning 1
"""
_DUE = """
select name, extract(epoch from greatest(due_at, running_until) - now())::float8 as due
from core_schedule_state where name = any($1)
"""

log = logging.getLogger(__name__)


class Schedules:
    """The schedules that this process knows."""

    def __init__(self, db: Database, is_on: Callable[[str], bool]) -> None:
        self._db = db
        self._is_on = is_on
        self._known: dict[str, tuple[str, Schedule]] = {}
        self._task: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def add(self, plugin: str, schedule: Schedule) -> None:
        """Take a schedule. Raises `PluginError` for a bad or a taken name, or a span that is no span."""
        if not schedule.name.startswith(f"{plugin}."):
            raise PluginError(f"The plugin {plugin} names a schedule {schedule.name!r}: it must begin with {plugin}.")
        if schedule.name in self._known:
            raise PluginError(f"The plugin {plugin} names the schedule {schedule.name} twice.")
        if schedule.every <= timedelta(0):
            raise PluginError(f"The schedule {schedule.name} runs every {schedule.every}: that must be positive.")
        self._known[schedule.name] = (plugin, schedule)

    async def rows(self) -> list[ScheduleRow]:
        """Every schedule that the site has or had, by name."""
        rows = await self._db.fetch(
            "select name, due_at, coalesce(running_until > now(), false) as running"
            " from core_schedule_state order by name"
        )
        known = {name: schedule.every for name, (plugin, schedule) in self._known.items() if self._is_on(plugin)}
        return [ScheduleRow(**row, known=row["name"] in known, every=known.get(row["name"])) for row in rows]

    def start(self) -> None:
        """Begin to look for what is due."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="schedules")

    async def stop(self, seconds: float) -> None:
        """Begin nothing new; what runs has `seconds` to finish."""
        task, self._task = self._task, None
        await end_task(task)
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=seconds)
            for unfinished in late:
                await end_task(unfinished)

    async def _run(self) -> None:
        self._db.bind()
        added: set[str] = set()
        while True:
            wait = POLL_SECONDS
            self._wake.clear()
            try:
                if self._known.keys() - added:
                    await self._add_all()
                    added = set(self._known)
                wait = await self._start_due()
            except Exception:
                log.exception("The schedules can't be read, trying again.")
            await wait_at_most(self._wake, min(max(wait, 0.01), POLL_SECONDS))

    async def _add_all(self) -> None:
        firsts = [schedule.first.total_seconds() for _, schedule in self._known.values()]
        await self._db.execute(_ADD, [list(self._known), firsts])

    async def _start_due(self) -> float:
        """Start what is due; seconds until the next one is."""
        wait = POLL_SECONDS
        for row in await self._db.fetch(_DUE, [list(self._known)]):
            plugin, schedule = self._known[row["name"]]
            if row["due"] > 0 or not self._is_on(plugin):
                wait = min(wait, row["due"]) if row["due"] > 0 else wait
                continue
            spans = [schedule.every.total_seconds(), schedule.timeout_s]
            if await self._db.fetch(_CLAIM, [schedule.name, *spans]):
                task = asyncio.create_task(self._one(schedule), name=f"schedule-{schedule.name}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            wait = min(wait, spans[0])
        return wait

    async def _one(self, schedule: Schedule) -> None:
        self._db.bind()
        try:
            async with asyncio.timeout(schedule.timeout_s):
                await schedule.run()
        except Exception:
            log.exception("The schedule %s failed; it runs again in %s.", schedule.name, schedule.every)
        finally:
            with contextlib.suppress(Exception):
                await self._db.execute(
                    "update core_schedule_state set running_until = null where name = $1", [schedule.name]
                )
            self._wake.set()
