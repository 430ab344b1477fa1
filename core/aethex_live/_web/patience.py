"""How long a page waits for vendors: less than people do. What takes longer goes on without the page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from quart import current_app

from aethex_live.errors import Unavailable

T = TypeVar("T")
PAGE_S: Final = 1.5


class Patience:
    """What one page may wait for vendors, all its questions together. `late`: one was not answered in time.

    A question that is not answered in time is not cut off: whether the vendor is down is for its own time limit to
    find out, and what was begun, an ingest say, is to be finished.
    """

    def __init__(self, seconds: float = PAGE_S) -> None:
        self._end = asyncio.get_running_loop().time() + seconds
        self.late = False

    async def of(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer. Raises what `ask` raises, and Unavailable when there is no time left; then nothing is asked."""
        if self.late:
            raise _no_answer()
        work = asyncio.ensure_future(ask())
        current_app.background_tasks.add(work)
        work.add_done_callback(_done)
        work.add_done_callback(current_app.background_tasks.discard)
        left = self._end - asyncio.get_running_loop().time()
        done, _ = await asyncio.wait({work}, timeout=max(0.0, left))
        if not done:
            self.late = True
            raise _no_answer()
        return work.result()

    @property
    def sentence(self) -> str:
        """What the page says of it; "" while all was answered."""
        return str(_no_answer()) if self.late else ""


def _no_answer() -> Unavailable:
    return Unavailable("The streaming vendor has not answered yet. Load this page again in a moment.")


def _done(work: asyncio.Future[Any]) -> None:
    """Nobody may wait for it any more: its error is looked at, so that the loop has nothing to warn of."""
    if not work.cancelled():
        work.exception()
