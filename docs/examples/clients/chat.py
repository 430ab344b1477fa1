"""A chat for programs: reads, writes, and goes on after a cut without a hole and without a line twice.

Needs python-socketio 5 with aiohttp (pip install "python-socketio[asyncio_client]"). ../../realtime.md is the protocol.

    python chat.py read  https://live.example nova            prints every line as JSON
    AETHEX_TOKEN=aex_... python chat.py write https://live.example nova "Good evening"
"""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
import socketio

ANSWER_S = 10
Line = Callable[[dict[str, Any], int], Awaitable[None] | None]
Status = Callable[[str], None]


class Chat:
    """One chat. `line` gets each message and its number, in order and once; `status` hears in words how it goes."""

    def __init__(self, site: str, channel: str, line: Line, *, status: Status, token: str | None) -> None:
        self.channel = channel
        self.topic = f"chat:{channel}"
        self._site, self._auth = site, {"token": token} if token else None
        self._line, self._status = line, status
        # where we are in the topic: `last` is the number of the newest line that we have
        self._last: int | None = None
        self._epoch: str | None = None
        self._joining: object | None = None
        self._later: list[tuple[str, list[Any]]] = []
        self._lock = asyncio.Lock()
        # the client comes back by itself after every cut, each time a little later
        self.socket = socketio.AsyncClient(reconnection_delay=0.5, reconnection_delay_max=5)
        self.socket.on("connect", self._join)
        self.socket.on("batch", self._batch)
        self.socket.on("gap", self._gap)
        self.socket.on("notice", lambda data: status(data["detail"]))
        self.socket.on("closing", lambda data: status(f"closing: {data['reason']}"))

    @classmethod
    async def open(cls, site: str, slug: str, line: Line, *, status: Status = print, token: str | None = None) -> Self:
        """Connect, and begin to hear the chat of a channel."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        address = urljoin(site, f"/api/v1/channels/{slug}")
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as web, web.get(address) as answer:
            told = await answer.json(content_type=None)
        if answer.status != 200:
            raise SystemExit(told["detail"])
        chat = cls(site, told["id"], line, status=status, token=token)
        await chat.socket.connect(site, auth=chat._auth, transports=["websocket"], retry=True)
        return chat

    async def write(self, text: str, *, reply_to: str | None = None, client_id: str | None = None) -> dict[str, Any]:
        """Send a message; returns its place. The same `client_id` again is the same message, so a retry is safe."""
        message = {"channel": self.channel, "text": text, "client_id": client_id or str(uuid.uuid4())}
        if reply_to:
            message["reply_to"] = reply_to
        while True:
            answer = await self._ask("chat.send", message)
            if answer["ok"]:
                return answer
            if not (wait := answer["problem"].get("retry_after_s")):
                raise RuntimeError(answer["problem"]["detail"])
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Leave."""
        await self.socket.disconnect()

    async def _ask(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        while True:
            try:
                answer: dict[str, Any] = await self.socket.call(event, data, timeout=ANSWER_S)
            except (socketio.exceptions.TimeoutError, socketio.exceptions.BadNamespaceError):
                await asyncio.sleep(0.5)  # cut in between: whether it arrived nobody knows, so it is sent again
            else:
                return answer

    async def _join(self) -> None:
        asked = self._joining = object()
        self._later = []
        wish = {"topic": self.topic, "last": self._last, "epoch": self._epoch}
        answer = await self._ask("subscribe", wish)
        if self._joining is not asked:
            return  # another join has begun meanwhile
        if not answer["ok"]:
            self._status(answer["problem"]["detail"])
            return
        again = self._epoch is not None and self._epoch != answer["epoch"]
        self._epoch = answer["epoch"]
        if answer.get("reload") or again:
            self._last = answer["seq"]  # what lies between is to be had by the API, as history
            self._status("reload")
        else:
            self._last = answer["seq"] if self._last is None else self._last
            await self._deliver(answer["missed"])
            self._last = max(self._last, answer["seq"])
        later, self._later, self._joining = self._later, [], None
        for epoch, items in later:
            await self._batch([self.topic, epoch, items])
        self._status("joined")

    async def _batch(self, batch: list[Any]) -> None:
        topic, epoch, items = batch
        if topic != self.topic:
            return
        if self._joining is not None:
            self._later.append((epoch, items))  # after what was missed
        elif epoch != self._epoch:
            await self._join()
        else:
            await self._deliver(items)

    async def _gap(self, gap: list[Any]) -> None:
        if gap[0] == self.topic:  # we were too slow and lines were left out: ask for them
            await self._join()

    async def _deliver(self, items: list[Any]) -> None:
        async with self._lock:  # each event is a task of its own, and lines have an order
            for seq, name, data in items:
                if self._last is not None and seq <= self._last:
                    continue
                self._last = seq
                if name == "line" and (waiting := self._line(data, seq)) is not None:
                    await waiting


def say(line: dict[str, Any]) -> None:
    """One line of JSON."""
    print(json.dumps(line), flush=True)  # noqa: T201 - what this program is for


async def main(command: str, site: str, slug: str, text: str = "") -> None:
    """What the command line asks for."""
    token = os.environ.get("AETHEX_TOKEN")
    if command == "write":
        chat = await Chat.open(site, slug, lambda *_: None, status=lambda _: None, token=token)
        say({"seq": (await chat.write(text))["seq"]})
        await chat.close()
        return

    def read(data: dict[str, Any], seq: int) -> None:
        say({"seq": seq, "name": data["author"]["name"], "text": data["text"]})

    chat = await Chat.open(site, slug, read, status=lambda words: say({"status": words}), token=token)
    await chat.socket.wait()


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("read", "write"):
        raise SystemExit("usage: python chat.py read|write SITE CHANNEL [TEXT]")
    asyncio.run(main(*sys.argv[1:]))
