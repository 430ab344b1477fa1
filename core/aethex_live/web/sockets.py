"""A websocket of one of our own pages, as a plugin's handler sees it: already accepted, with who is behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aethex_live.actor import Actor

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
SEND_S = 5.0


class Socket:
    """Whole messages in and out. The page's origin was checked; `actor` is whose session the browser showed."""

    def __init__(self, receive: Receive, send: Send, *, actor: Actor, address: str) -> None:
        self._receive, self._send = receive, send
        self.actor = actor
        self.address = address
        self.open = True

    async def receive(self, seconds: float) -> str | bytes | None:
        """The next message; None when the other side is gone. Raises TimeoutError when none comes in time.

        What is not received yet holds the sender back, so a slow handler needs no queue of its own.
        """
        async with asyncio.timeout(seconds):
            message = await self._receive()
        if message["type"] != "websocket.receive":
            self.open = False
            return None
        data: bytes | None = message.get("bytes")
        return data if data is not None else str(message.get("text") or "")

    async def send(self, message: str | bytes) -> bool:
        """Send a message; False when the other side is gone or does not read for five seconds."""
        kind = "text" if isinstance(message, str) else "bytes"
        return await self._try({"type": "websocket.send", kind: message})

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; `code` is RFC 6455's or one of 4000 to 4999. May be called twice."""
        was_open, self.open = self.open, False
        if was_open:
            # a close frame holds 123 bytes of reason
            text = reason.encode()[:123].decode(errors="ignore")
            await self._try({"type": "websocket.close", "code": code, "reason": text})

    async def _try(self, message: MutableMapping[str, Any]) -> bool:
        try:
            async with asyncio.timeout(SEND_S):
                await self._send(message)
        except (OSError, TimeoutError):
            self.open = False
            return False
        return True
