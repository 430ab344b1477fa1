"""Webhooks of the sandbox: signed, and sent to the site's own address like any vendor's."""

from __future__ import annotations

import asyncio
import hmac
import http.client
import json
import random
import ssl
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from aethex_live.clock import Clock
from aethex_live.errors import AethexError
from aethex_live.errors import NotFound as NoPage
from aethex_live.jobs import GiveUp, OutboxCall, OutboxHandler
from aethex_live.providers.payments import FACTS
from aethex_live.providers.signatures import check_stamped
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .desk import DELIVER, Desk
from .models import Notice

HEADER = "sandbox-signature"
PATH = "/webhooks/payments/sandbox"
TIMEOUT_S = 10.0
ATTEMPTS = 12
MOST_AGAIN = 20
_SENT = """
update payments_sandbox_notice set sends = sends + 1, arrived = arrived + $2, answer = $3 where number = $1
"""
Order = Literal["first", "last", "shuffled"]


class NotTaken(AethexError):
    """The site did not take a webhook; it is sent again."""


class Post:
    """Sends what happened, again and in any order if the operator likes."""

    def __init__(self, desk: Desk, base: str, secret: str) -> None:
        self._desk = desk
        self._address = f"{base}{PATH}"
        self._secret = secret

    def handler(self) -> OutboxHandler:
        """Who carries the rows of the outbox out."""
        return OutboxHandler(DELIVER, self._deliver, timeout_s=TIMEOUT_S * 2, attempts=ATTEMPTS)

    async def _deliver(self, call: OutboxCall) -> None:
        self._desk.db.bind()
        notice = await Notice.get_or_none(event_id=str(call.payload.get("event")))
        if notice is None:
            raise GiveUp("The sandbox forgot this event.")
        body = body_of(notice)
        headers = {"Content-Type": "application/json", HEADER: signed(self._secret, body, self._desk.clock)}
        answer, taken = await self._sent(headers, body)
        await self._desk.db.execute(_SENT, [notice.number, int(taken), answer])
        if not taken:
            raise NotTaken(f"{notice.type} did not arrive at {PATH}: {answer}")

    async def _sent(self, headers: dict[str, str], body: bytes) -> tuple[str, bool]:
        """What the site answered, and whether it took it."""
        try:
            async with asyncio.timeout(TIMEOUT_S + 2):
                status = await asyncio.to_thread(_posted, self._address, headers, body)
        except (OSError, TimeoutError, http.client.HTTPException) as error:
            return f"no answer ({type(error).__name__})", False
        return str(status), 200 <= status < 300

    async def again(self, event_id: str, times: int) -> None:
        """Send an event so many more times. Raises NotFound."""
        self._desk.db.bind()
        if not await Notice.exists(event_id=event_id):
            raise NoPage("There is no such event.")
        async with self._desk.changing():
            for _ in range(max(1, min(times, MOST_AGAIN))):
                await self._desk.send(event_id)

    async def hold(self) -> None:
        """Keep webhooks back from now on."""
        async with self._desk.changing():
            state = await self._desk.state()
            state.holding = True
            await state.save()

    async def release(self, order: Order) -> int:
        """Send what was kept back, a second apart, in an order; returns how many. New ones go at once again."""
        async with self._desk.changing():
            state = await self._desk.state()
            state.holding = False
            await state.save()
            held = await Notice.filter(held=True).order_by("-number" if order == "last" else "number")
            if order == "shuffled":
                random.shuffle(held)
            for place, notice in enumerate(held):
                await self._desk.send(notice.event_id, after_s=float(place))
            await Notice.filter(held=True).update(held=False)
            return len(held)

    def parse(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Verify and translate. Raises WebhookRejected."""
        check_stamped(request.headers.get(HEADER), request.body, [self._secret], request.received_at)
        try:
            return [_event_of(json.loads(request.body))]
        except (ValueError, TypeError, KeyError):
            raise WebhookRejected("malformed") from None


def body_of(notice: Notice) -> bytes:
    """An event as it is sent."""
    told = {
        "id": notice.event_id,
        "type": notice.type,
        "subject": notice.subject,
        "ref": notice.ref,
        "occurred_at": notice.occurred_at.isoformat(),
        "data": notice.data,
        "sandbox": True,
    }
    return json.dumps(told, separators=(",", ":")).encode()


def signed(secret: str, body: bytes, clock: Clock) -> str:
    """The header of the signature; its time is the site's, whatever the sandbox's clock says."""
    stamp = int(clock.now().timestamp())
    return f"t={stamp},v1={hmac.new(secret.encode(), b'%d.' % stamp + body, 'sha256').hexdigest()}"


def _event_of(told: dict[str, Any]) -> ProviderEvent:
    if told["type"] not in FACTS or not isinstance(told["data"], dict) or told["sandbox"] is not True:
        raise ValueError(told["type"])
    return ProviderEvent(
        id=str(told["id"]),
        type=str(told["type"]),
        subject=str(told["subject"]),
        occurred_at=datetime.fromisoformat(told["occurred_at"]),
        ref=told["ref"],
        data=told["data"],
    )


def _posted(address: str, headers: dict[str, str], body: bytes) -> int:
    """The status of a POST; blocks, so it runs in a thread."""
    parts = urlsplit(address)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        answer.read(10_000)
        return answer.status
    finally:
        connection.close()
