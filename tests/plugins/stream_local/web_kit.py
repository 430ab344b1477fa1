"""What the tests of going live from a page share: a socket without a network, and what a page sends on it."""

import asyncio
import json
from collections.abc import Iterator
from uuid import UUID

from stream_kit import ASC, AVCC, INGEST, OPUS_HEAD, stream

from aethex_live.actor import Actor
from aethex_live.errors import Forbidden
from aethex_live.ids import uuid7
from aethex_plugins.stream_local.web_tickets import Ticket
from aethex_plugins.stream_local.web_wire import Kind, pack

GOOD = "a-good-ticket"


class FakeSocket:
    """Hands the handler what the test puts in; keeps what it says."""

    def __init__(self, *messages: str | bytes, actor: Actor | None = None, address: str = "192.0.2.9") -> None:
        self.actor = actor or Actor(user_id=uuid7(), session_id=uuid7(), username="mira")
        self.address = address
        self.said: list[dict[str, object]] = []
        self.closed: tuple[int, str] | None = None
        self._messages: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.put(*messages)

    def put(self, *messages: str | bytes | None) -> None:
        for message in messages:
            self._messages.put_nowait(message)

    def hang_up(self) -> None:
        self._messages.put_nowait(None)

    async def receive(self, seconds: float) -> str | bytes | None:
        async with asyncio.timeout(seconds):
            return await self._messages.get()

    async def send(self, message: str) -> bool:
        self.said.append(json.loads(message))
        return self.closed is None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self.closed is None:
            self.closed = (code, reason)
            self._messages.put_nowait(None)

    async def heard(self) -> None:
        """Wait until the handler has taken all."""
        for _ in range(2000):
            await asyncio.sleep(0)
            if self._messages.empty():
                break
        await asyncio.sleep(0)

    def kinds(self) -> list[object]:
        return [news["type"] for news in self.said]


class Office:
    """Takes the tickets it knows."""

    def __init__(self) -> None:
        self.tickets = {GOOD: UUID(INGEST)}
        self.is_valid = True

    async def take(self, token: str, actor: Actor) -> Ticket:
        if token not in self.tickets:
            raise Forbidden("This ticket was used already.")
        return Ticket(self.tickets[token], 1, uuid7(), actor)

    async def still(self, ticket: Ticket) -> bool:
        return self.is_valid


def hello(token: str = GOOD, **changes: object) -> str:
    shown = {"type": "hello", "version": 1, "token": token, "mode": "frames", "video": True, "audio": "aac"}
    return json.dumps(shown | {"kbps": 2500} | changes)


def goodbye() -> str:
    return json.dumps({"type": "end"})


def frames(seconds: float, *, opus: bool = False, **kind: object) -> Iterator[bytes]:
    """The binary messages of a page that sends so many seconds."""
    for track, ms, body in stream(seconds, **kind):  # type: ignore[arg-type]  # passed on as they are
        is_config = body[1] == 0
        if track == 9:
            data = AVCC if is_config else bytes(body[5:])
            yield pack(Kind.VIDEO_CONFIG if is_config else Kind.VIDEO, ms * 1000, data, keyframe=body[0] == 0x17)
        else:
            data = (OPUS_HEAD if opus else ASC) if is_config else bytes(body[2:])
            yield pack(Kind.AUDIO_CONFIG if is_config else Kind.AUDIO, ms * 1000, data)
