"""Pages of a chat that are cut off again and again, their authors, and the log of what each was shown."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.chat_site import ChatSite
from bench.log_checker import Promise, Shown
from bench.realtime_client import NotOpen, Socket

ANSWER_SECONDS = 8.0
LONGEST_PAUSE = 0.5  # seconds between two tries; a browser's page waits longer
SOURCES = 8


@dataclass
class Counts:
    """What happened to all pages together."""

    cuts: int = 0
    broken: int = 0
    resumed: int = 0
    reloads: int = 0
    refused: int = 0


class Page:
    """A viewer's page: it stays at the topic whatever happens, and writes down what it is shown."""

    def __init__(self, site: ChatSite, number: int, counts: Counts, interned: dict[Shown, Shown]) -> None:
        self._site = site
        self._number = number
        self._counts = counts
        self._interned = interned
        self._socket: Socket | None = None
        self._last: int | None = None
        self._epoch: str | None = None
        self._held: list[Any] | None = None
        self._again: asyncio.Task[None] | None = None
        self.cookie = ""
        self.log: list[Shown] = []
        self.joined = asyncio.Event()
        self.ended = False

    @property
    def name(self) -> str:
        """What it is called in findings."""
        return f"page {self._number}"

    @property
    def last(self) -> int:
        """The newest number that it was shown."""
        return self._last or 0

    async def run(self) -> None:
        """Until `ended`: connect, hear, come back."""
        while not self.ended:
            with contextlib.suppress(NotOpen, asyncio.CancelledError, TimeoutError):
                await self._visit()
            self.joined.clear()
            if self._socket is not None:
                self._socket.cut()
            await asyncio.sleep(random.uniform(0.0, LONGEST_PAUSE))

    def cut(self) -> bool:
        """Break the connection, whatever goes on over it just then; False when there is none."""
        if self._socket is None or self._socket.gone.is_set() or not self._socket.sid:
            return False
        self._counts.cuts += 1
        self._socket.cut()
        return True

    def end(self) -> None:
        """Close the page for good."""
        self.ended = True
        if self._socket is not None:
            self._socket.cut()

    async def say(self, text: str) -> int | None:
        """Send a message; its number when it is acknowledged, None when nobody knows."""
        socket = self._socket
        if socket is None:
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await socket.emit(
                    "chat.send", {"channel": self._site.channel, "text": text, "client_id": text}
                )
        except (asyncio.CancelledError, TimeoutError):
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            return None
        if not answer["ok"]:
            self._counts.refused += 1
            return None
        return int(answer["seq"])

    async def _visit(self) -> None:
        self._socket = socket = Socket(self._heard, cookie=self.cookie)
        source = f"127.0.2.{1 + self._number % SOURCES}"
        await socket.open(self._site.port, source=source)
        await self._join(socket)
        self.joined.set()
        await socket.gone.wait()
        self._counts.broken += 1

    async def _join(self, socket: Socket) -> None:
        wish = {"topic": self._site.topic, "last": self._last, "epoch": self._epoch}
        self._held = []
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await socket.emit("subscribe", {key: value for key, value in wish.items() if value is not None})
        if not answer["ok"]:
            raise NotOpen(str(answer))
        await self._admit(answer)
        held, self._held = self._held, None
        for item in held:
            if item[0] > answer["seq"]:
                self._show("line", item[0], item[2]["text"])

    async def _admit(self, answer: Mapping[str, Any]) -> None:
        self._epoch = str(answer["epoch"])
        if self._last is None:
            self._show("began", answer["seq"])
        elif answer.get("reload"):
            self._counts.reloads += 1
            await self._read(self._last, answer["seq"])
        else:
            self._counts.resumed += 1
            for seq, _, data in answer["missed"]:
                self._show("line", seq, data["text"])

    async def _read(self, after: int, upto: int) -> None:
        """The history of the page, as the site tells it to read it."""
        found: dict[int, str] = {}
        before: int | None = upto + 1
        while before is not None and before > after + 1:
            path = f"/channels/{self._site.slug}/chat/messages?limit=100&before={before}"
            answer, _ = await self._site.call("GET", path, address=100)
            found.update((item["seq"], item["text"]) for item in answer["items"])
            before = answer["next"]
        for seq in sorted(seq for seq in found if after < seq <= upto):
            self._show("read", seq, found[seq])

    def _heard(self, name: str, words: list[Any]) -> None:
        if name == "batch":
            topic, epoch, items = words[0]
            if topic == self._site.topic:
                self._epoch = epoch
                self._take(items)
        elif name == "gap" and self._socket is not None and words[0][0] == self._site.topic:
            self._again = asyncio.create_task(self._rejoin(self._socket))

    def _take(self, items: list[Any]) -> None:
        if self._held is not None:
            self._held.extend(items)
            return
        for seq, _, data in items:
            self._show("line", seq, data["text"])

    async def _rejoin(self, socket: Socket) -> None:
        try:
            await self._join(socket)
        except (NotOpen, asyncio.CancelledError, TimeoutError):
            socket.cut()

    def _show(self, kind: Any, seq: int, text: str = "") -> None:
        entry = Shown(kind, seq, text)
        # a thousand pages are shown the same
        self.log.append(self._interned.setdefault(entry, entry))
        self._last = max(self._last or 0, seq)


@dataclass
class Author:
    """An account that says something over its page at a steady pace, again until it is acknowledged."""

    name: str
    page: Page
    pace: float
    promises: list[Promise] = field(default_factory=list)
    ended: bool = False
    over: bool = False

    async def run(self) -> None:
        """Until `ended`, and until the last message is acknowledged; then it is `over`."""
        number = 0
        while not self.ended:
            number += 1
            await self._say(number, f"{self.name}-{number}")
            # all authors at the same beat: so that there are batches of several lines, and silence between
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(self.pace - now % self.pace)
        self.over = True

    async def _say(self, number: int, text: str) -> None:
        while True:
            await self.page.joined.wait()
            seq = await self.page.say(text)
            if seq is not None:
                self.promises.append(Promise(self.name, number, text, seq))
                return
            await asyncio.sleep(0.1)
