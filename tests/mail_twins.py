"""Twins of mail vendors on loopback: they judge each call by the vendor's own description, keep what they take, fail as
they are told, and tell what became of mails, signed as the vendor signs.

Without the descriptions (see needs.py) calls are taken unjudged; tests that are about them ask for `need("specs")`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook

from aethex_live.ids import uuid7
from aethex_live.providers.email import Email
from aethex_live.providers.webhooks import WebhookRequest
from vendor_specs import guard_of

FAILURES = ("timeout", "slow", "failed", "busy", "half", "wrong json", "expired")


@dataclass(frozen=True)
class Seen:
    """A call that a twin saw."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    errors: list[str]


class Twin:
    """What both have in common. `failing` is one of FAILURES, or empty."""

    spec = ""
    key = ""

    def __init__(self) -> None:
        self.guard = guard_of(self.spec)
        self.seen: list[Seen] = []
        self.taken: list[Email] = []
        self.failing = ""
        self.url, self.port = "http://127.0.0.1:9", 0  # nobody is there before the start
        self.tags: dict[str, dict[str, str]] = {}
        self.to: dict[str, str] = {}

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Twin]:
        await self.start()
        try:
            yield self
        finally:
            await self.stop()

    async def start(self, port: int = 0) -> None:
        self._over = asyncio.Event()
        app = web.Application(client_max_size=50 << 20)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        self._over.set()
        await self._runner.cleanup()

    @property
    def calls(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.seen]

    async def arrived(self) -> list[Email]:
        return list(self.taken)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        verdict = (
            self.guard.check(request.method, request.path, request.query_string, headers, raw) if self.guard else None
        )
        errors = verdict.errors if verdict else []
        body = orjson.loads(raw) if raw else None
        self.seen.append(Seen(request.method, request.path, headers, body, errors))
        if self.failing:
            return await self._fail(request)
        if headers.get("authorization") != f"Bearer {self.key}":
            return self.refused(401)
        if errors:
            return self.refused(422)
        return self.took(request.method, request.path, headers, body)

    async def _fail(self, request: web.Request) -> web.StreamResponse:
        match self.failing:
            case "timeout":
                await self._over.wait()  # for ever, as its callers see it
            case "failed":
                return web.Response(
                    status=500, text="<h1>Internal Server Error</h1>", headers={"x-request-id": "req-500"}
                )
            case "busy":
                return web.Response(status=429, text="{}", headers={"Retry-After": "7"})
            case "half":
                response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
                await response.prepare(request)
                await response.write(b'{"id": "4')
                assert request.transport is not None
                request.transport.close()
                return response
            case "wrong json":
                return web.Response(
                    text="<html>Welcome to the hotel's network</html>", headers={"x-request-id": "req-1"}
                )
            case "expired":
                return self.refused(401)
        await asyncio.sleep(0.3)
        self.failing, body = "", self.seen[-1]
        answer = self.took(body.method, body.path, body.headers, body.body)
        self.failing = "slow"
        return answer

    def refused(self, status: int) -> web.Response:
        raise NotImplementedError

    def took(self, method: str, path: str, headers: dict[str, str], body: Any) -> web.Response:
        raise NotImplementedError


class ResendTwin(Twin):
    """Takes mails as Resend does: the same key is the same mails."""

    spec = "resend-openapi.json"
    key = "re_twin_0123456789"

    def __init__(self) -> None:
        super().__init__()
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.by_key: dict[str, tuple[Any, list[str]]] = {}
        self.domains = [{"id": "d1", "name": "example.org", "status": "verified", "region": "eu-west-1"}]
        self.sending_only = False

    def refused(self, status: int) -> web.Response:
        name = {401: "invalid_api_key", 422: "validation_error"}[status]
        message = (
            "Invalid `to` field. The address person@example.org is not right."
            if status == 422
            else "API key is invalid"
        )
        return web.json_response(
            {"statusCode": status, "name": name, "message": message}, status=status, headers={"x-request-id": "req-4"}
        )

    def took(self, method: str, path: str, headers: dict[str, str], body: Any) -> web.Response:
        if path == "/domains":
            if self.sending_only:
                told = {"statusCode": 401, "name": "restricted_api_key", "message": "This API key is restricted"}
                return web.json_response(told, status=401)
            return web.json_response({"object": "list", "has_more": False, "data": self.domains})
        mails = body if isinstance(body, list) else [body]
        key = headers.get("idempotency-key", "")
        if key in self.by_key and self.by_key[key][0] != body:
            told = {"statusCode": 409, "name": "invalid_idempotent_request", "message": "The key was used before"}
            return web.json_response(told, status=409)
        if key not in self.by_key:
            self.by_key[key] = (body, [self._take(mail) for mail in mails])
        ids = [{"id": mail_id} for mail_id in self.by_key[key][1]]
        return web.json_response({"data": ids} if isinstance(body, list) else ids[0])

    def _take(self, mail: dict[str, Any]) -> str:
        mail_id = str(uuid7())
        self.tags[mail_id] = {tag["name"]: tag["value"] for tag in mail.get("tags", [])}
        self.to[mail_id] = mail["to"][0]
        self.taken.append(
            Email(
                to=mail["to"][0],
                subject=mail["subject"],
                text=mail["text"],
                html=mail.get("html"),
                reply_to=mail.get("reply_to"),
                headers=mail.get("headers", {}),
            )
        )
        return mail_id

    def tell(
        self, event_type: str, mail_id: str, *, age: timedelta = timedelta(0), foreign: bool = False, **more: Any
    ) -> WebhookRequest:
        now = datetime.now(UTC)
        data = {
            "email_id": mail_id,
            "created_at": "2026-11-22 23:41:11.894719+00",
            "from": "Acme <hello@example.org>",
            "to": [self.to.get(mail_id, "person@example.org")],
            "subject": "Hello",
            "tags": self.tags.get(mail_id, {}),
            **(
                {"bounce": {"message": "m", "subType": "General", "type": "Permanent"}}
                if "bounce" in event_type
                else {}
            ),
            **more,
        }
        body = orjson.dumps({"type": event_type, "created_at": "2026-11-22T23:41:12.126Z", "data": data})
        return self.signed(body, now - age, foreign=foreign, now=now)

    def signed(
        self, body: bytes, stamp: datetime, *, now: datetime, foreign: bool = False, event_id: str = ""
    ) -> WebhookRequest:
        event_id = event_id or f"msg_{secrets.token_hex(8)}"
        secret = base64.b64encode(b"somebody else's secret").decode() if foreign else self.secret
        headers = {
            "svix-id": event_id,
            "svix-timestamp": str(int(stamp.timestamp())),
            "svix-signature": Webhook(secret).sign(event_id, stamp, body.decode()),
        }
        return WebhookRequest(headers=headers, body=body, received_at=now)


class SendgridTwin(Twin):
    """Takes mails as SendGrid does: each call is a mail."""

    spec = "sendgrid-mail-openapi.json"
    key = "SG.twin.0123456789"

    def __init__(self) -> None:
        super().__init__()
        self._signing = ec.generate_private_key(ec.SECP256R1())
        self.silent_about_id = False

    @property
    def public_key(self) -> str:
        key = self._signing.public_key()
        return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    def refused(self, status: int) -> web.Response:
        status = 400 if status == 422 else status
        field_name = "personalizations.0.to.0.email" if status == 400 else None
        told = {"errors": [{"message": "Does not contain a valid address: person@example.org", "field": field_name}]}
        return web.json_response(told, status=status, headers={"x-request-id": "req-4"})

    def took(self, method: str, path: str, headers: dict[str, str], body: Any) -> web.Response:
        if body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return web.Response(status=200)
        mail_id = secrets.token_urlsafe(16).replace("-", "x")
        [to] = body["personalizations"]
        parts = {part["type"]: part["value"] for part in body["content"]}
        self.tags[mail_id] = to.get("custom_args", {})
        self.to[mail_id] = to["to"][0]["email"]
        self.taken.append(
            Email(
                to=to["to"][0]["email"],
                subject=body["subject"],
                text=parts["text/plain"],
                html=parts.get("text/html"),
                reply_to=body.get("reply_to", {}).get("email"),
                headers=body.get("headers", {}),
            )
        )
        return web.Response(status=202, headers={} if self.silent_about_id else {"X-Message-Id": mail_id})

    def told(self, event: str, mail_id: str, **more: Any) -> dict[str, Any]:
        """One event as it stands in the list."""
        return {
            "email": self.to.get(mail_id, "person@example.org"),
            "timestamp": 1_795_390_000,
            "smtp-id": f"<{mail_id}@geopod-ismtpd-1>",
            "event": event,
            "sg_event_id": secrets.token_urlsafe(16),
            "sg_message_id": f"{mail_id}.recvd-canary-6b8c-1-67F.0",
            **self.tags.get(mail_id, {}),
            **more,
        }

    def tell(
        self, event_type: str, mail_id: str, *, age: timedelta = timedelta(0), foreign: bool = False
    ) -> WebhookRequest:
        event = {"email.delivered": "delivered", "email.bounced": "bounce", "email.complained": "spamreport"}[
            event_type
        ]
        more = {"type": "bounce", "status": "5.1.1", "reason": "550 no such person"} if event == "bounce" else {}
        now = datetime.now(UTC)
        return self.signed(orjson.dumps([self.told(event, mail_id, **more)]), now - age, now=now, foreign=foreign)

    def signed(self, body: bytes, stamp: datetime, *, now: datetime, foreign: bool = False) -> WebhookRequest:
        key = ec.generate_private_key(ec.SECP256R1()) if foreign else self._signing
        text = str(int(stamp.timestamp()))
        head = "x-twilio-email-event-webhook-"
        signature = base64.b64encode(key.sign(text.encode() + body, ec.ECDSA(SHA256()))).decode()
        headers = {f"{head}timestamp": text, f"{head}signature": signature}
        return WebhookRequest(headers=headers, body=body, received_at=now)
