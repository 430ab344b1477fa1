"""Notices plugins that block the event loop, and names plugin, file and line.

Python can't interrupt a function that blocks. So the loop beats, a thread listens, and when a beat is overdue
the thread looks at what the loop's thread is doing. It accuses a plugin only when the same call of that
plugin stands on the stack twice without a beat in between: a loop that is merely busy is nobody's fault. And
time in which the machine gave the thread no processor does not count.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from aethex_live._runtime.health import Health
from aethex_live._runtime.run_queue import RunQueue

BEAT_S = 0.02  # a hundredth of a core at most, for the beat and the thread together
BLOCKED_S = 0.1  # of a call, from which on it counts (decision 16)
# the call began after the last beat, so at most this long before the next one was due
OVERDUE_S = BLOCKED_S - BEAT_S
TWICE_S = 0.05  # between the two looks
QUIET_S = 600.0  # without a block, after which the count starts anew
PLACE = "the event loop"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Block:
    """Where a plugin blocks: the innermost line of its own code."""

    plugin: str
    file: str
    line: int


class Watchdog:
    """Watches the running event loop. `folders` are the plugins' names by the folder of their code."""

    def __init__(
        self, health: Health, folders: Mapping[Path, str], run_queue: Callable[[int], RunQueue] = RunQueue
    ) -> None:
        self._run_queue = run_queue
        self._health = health
        self._folders = {f"{folder}/": name for folder, name in folders.items()}
        self._due = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._quiet: dict[str, asyncio.TimerHandle] = {}

    def start(self, after: float = 0.0) -> None:
        """Watch the loop that runs now, from `after` seconds on."""
        self._beat = asyncio.get_running_loop().call_later(after, self._begin)

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._ended.clear()
        self._pulse(loop)
        watched = (threading.get_ident(), self._run_queue(threading.get_native_id()))
        self._thread = threading.Thread(target=self._watch, args=(loop, *watched), name="watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()
        if self._beat is not None:
            self._beat.cancel()
        for timer in self._quiet.values():
            timer.cancel()
        if self._thread is not None:
            self._thread.join(timeout=1.0)
            self._thread = None

    def _pulse(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = time.monotonic() + BEAT_S
        self._beat = loop.call_later(BEAT_S, self._pulse, loop)

    def _watch(self, loop: asyncio.AbstractEventLoop, watched: int, queue: RunQueue) -> None:
        waited = queue.waited()
        while not self._ended.wait(BEAT_S):
            due = self._due
            if time.monotonic() <= due:
                waited = queue.waited()
            elif (block := self._look_twice(due, watched, queue, waited)) is not None:
                log.warning("plugin %s blocks the event loop at %s:%d", block.plugin, block.file, block.line)
                self._report(loop, block)
                while self._due == due and not self._ended.wait(BEAT_S):
                    pass  # one block counts once, however long it is
        queue.close()

    def _look_twice(self, due: float, watched: int, queue: RunQueue, waited: float) -> Block | None:
        """The block, when one call of one plugin outlasts the limit. `waited` is of the last beat in time."""
        first = self._outermost(watched)
        begun = time.monotonic()
        while first is not None and self._due == due:
            now = time.monotonic() - (queue.waited() - waited)
            if now - due >= OVERDUE_S and now - begun >= TWICE_S:
                again = self._outermost(watched)
                return self._innermost(watched) if again is first and self._due == due else None
            if self._ended.wait(0.01):
                return None
        return None

    def _outermost(self, watched: int) -> FrameType | None:
        """The plugin's call that stands nearest to the loop, if a plugin is at work."""
        found = None
        frame = sys._current_frames().get(watched)
        while frame is not None:
            if self._owner(frame) is not None:
                found = frame
            frame = frame.f_back
        return found

    def _innermost(self, watched: int) -> Block | None:
        frame = sys._current_frames().get(watched)
        while frame is not None:
            if (plugin := self._owner(frame)) is not None:
                return Block(plugin, frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return None

    def _owner(self, frame: FrameType) -> str | None:
        file = frame.f_code.co_filename
        return next((name for folder, name in self._folders.items() if file.startswith(folder)), None)

    def _report(self, loop: asyncio.AbstractEventLoop, block: Block) -> None:
        try:
            loop.call_soon_threadsafe(self._count, loop, block)
        except RuntimeError:  # the loop is closed: the process ends
            self._ended.set()

    def _count(self, loop: asyncio.AbstractEventLoop, block: Block) -> None:
        """Runs in the loop, once it runs again."""
        sentence = f"it blocked the event loop at {block.file}:{block.line}; use asyncio.to_thread there"
        self._health.failed(block.plugin, PLACE, sentence)
        if (timer := self._quiet.pop(block.plugin, None)) is not None:
            timer.cancel()
        forget = self._health.forget
        self._quiet[block.plugin] = loop.call_later(QUIET_S, forget, block.plugin, PLACE)
