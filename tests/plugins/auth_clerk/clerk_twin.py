"""Clerk's twin on loopback: its API, judged by Clerk's own description, its public keys, and scripts in place of
clerk-js that make tokens with a key of our own. What the real scripts do nobody can prove without an account.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from aethex_live.providers.webhooks import WebhookRequest
from mail_twins import Seen, Twin

SITE = "https://live.example"
OLD, NEW = "clerk-bapi-2025-11-10.json", "clerk-bapi-2026-05-12.json"
SCRIPTS = Path(__file__).parent / "scripts"


def rsa(kid: str, bits: int = 2048) -> RSAKey:
    return RSAKey.generate_key(bits, {"kid": kid, "use": "sig", "alg": "RS256"})


# made once: each costs a tenth of a second
FIRST, SECOND, FOREIGN = rsa("ins_first"), rsa("ins_second"), rsa("ins_first")


def publishable(host: str = "clerk.example.org", environment: str = "test") -> str:
    return f"pk_{environment}_{base64.b64encode(f'{host}$'.encode()).decode()}"


def person(name: str, **more: Any) -> dict[str, Any]:
    """Somebody as Clerk's API tells of them."""
    address = {
        "id": f"idn_{name}",
        "object": "email_address",
        "email_address": f"{name}@example.org",
        "reserved": False,
        "verification": {"object": "verification_otp", "status": "verified", "strategy": "email_code"},
        "linked_to": [],
        "created_at": 1,
        "updated_at": 1,
    }
    return {
        "id": f"user_{name}",
        "object": "user",
        "username": None,
        "first_name": name.capitalize(),
        "last_name": "Example",
        "primary_email_address_id": address["id"],
        "email_addresses": [address],
        "banned": False,
        "updated_at": 1_700_000_000_000,
        **more,
    }


class ClerkTwin(Twin):
    """Says `ada` and `grace` are people of it; sessions are made as tokens are."""

    spec = OLD
    key = "sk_test_twin0123456789"

    def __init__(self) -> None:
        super().__init__()
        self.keys, self.signing, self.kid = [FIRST], FIRST, "ins_first"
        self.own_keys: list[RSAKey] | None = None  # what the API tells, if it is not the same
        self.people = {f"user_{name}": person(name) for name in ("ada", "grace")}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.keys_trouble = ""
        self.keys_asked = 0
        self.scripts_gone = False
        self.signed_out: list[str] = []
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.azp: str | None = None

    @property
    def publishable_key(self) -> str:
        return publishable(f"127.0.0.1:{self.port}")

    def settings(self, **more: Any) -> dict[str, Any]:
        """Settings of a site that uses it."""
        return {
            "publishable_key": self.publishable_key,
            "secret_key": self.key,
            "api_url": self.url,
            "frontend_url": self.url,
            **more,
        }

    # tokens

    def mint(
        self, user: str, *, sid: str = "", key: RSAKey | None = None, now: float | None = None, **claims: Any
    ) -> str:
        """A session token as Clerk makes it; a claim that is None is left out."""
        session = sid or f"sess_{secrets.token_hex(8)}"
        self.sessions.setdefault(session, {"id": session, "object": "session", "user_id": user, "status": "active"})
        moment = int(time.time() if now is None else now)
        said = {
            "azp": self.azp,
            "exp": moment + 60,
            "fva": [0, -1],
            "iat": moment,
            "iss": self.url,
            "jti": secrets.token_hex(8),
            "nbf": moment - 10,
            "pla": "u:free",
            "sid": session,
            "sts": "active",
            "sub": user,
            "v": 2,
            **claims,
        }
        header = {"alg": "RS256", "typ": "JWT", **({"kid": self.kid} if self.kid else {})}
        return jwt.encode(header, {k: v for k, v in said.items() if v is not None}, key or self.signing)

    # webhooks

    def tell(
        self, kind: str, data: dict[str, Any], *, at: float | None = None, event: str = "", **more: Any
    ) -> WebhookRequest:
        """A webhook as it arrives, `at` seconds of the epoch."""
        moment = time.time() if at is None else at
        told = {
            "object": "event",
            "type": kind,
            "timestamp": int(moment * 1000),
            "instance_id": "ins_first",
            "data": data,
        }
        return self.signed(json.dumps({**told, **more}).encode(), moment, event=event)

    def signed(self, body: bytes, at: float, *, event: str = "") -> WebhookRequest:
        from standardwebhooks import Webhook

        moment, name = datetime.fromtimestamp(int(at), UTC), event or f"msg_{secrets.token_hex(8)}"
        signature = Webhook(self.secret).sign(name, moment, body.decode())
        headers = {"svix-id": name, "svix-timestamp": str(int(at)), "svix-signature": signature}
        return WebhookRequest(headers=headers, body=body, received_at=moment)

    # HTTP

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path, headers = request.path, {"Access-Control-Allow-Origin": request.headers.get("Origin", "*")}
        if path == "/.well-known/jwks.json":
            return await self._public_keys(request)
        if path.startswith("/npm/"):
            if self.scripts_gone:
                return web.Response(status=503)
            name = "ui.js" if path.endswith("ui.browser.js") else "clerk.js"
            return web.Response(body=(SCRIPTS / name).read_bytes(), content_type="text/javascript", headers=headers)
        if path.startswith("/twin/"):
            return await self._component(request, headers)
        return await super()._answer(request)

    async def _public_keys(self, request: web.Request) -> web.StreamResponse:
        self.keys_asked += 1
        if self.keys_trouble:
            kept, self.failing = self.failing, self.keys_trouble
            try:
                return await self._fail(request)
            finally:
                self.failing = kept
        return web.json_response(self._set(self.keys))

    async def _component(self, request: web.Request, headers: dict[str, str]) -> web.Response:
        """What the scripts in place of clerk-js ask."""
        origin, asked = request.headers.get("Origin"), request.query
        match request.path:
            case "/twin/sign-in":
                session = f"sess_{secrets.token_hex(8)}"
                self.mint(f"user_{asked['name']}", sid=session)
                return web.json_response({"sid": session}, headers=headers)
            case "/twin/client":
                found = self.sessions.get(asked.get("sid", ""), {})
                return web.json_response({"active": found.get("status") == "active"}, headers=headers)
            case "/twin/sign-out":
                self.sessions[asked["sid"]]["status"] = "removed"
                self.signed_out.append(asked["sid"])
                return web.json_response({}, headers=headers)
        session = self.sessions[asked["sid"]]
        token = self.mint(session["user_id"], sid=session["id"], azp=origin)
        return web.json_response({"token": token}, headers=headers)

    async def _fail(self, request: web.Request) -> web.StreamResponse:
        if self.failing != "timeout":
            return await super()._fail(request)
        await asyncio.sleep(30)  # nobody waits so long; and who comes later is not concerned
        return web.Response(status=504)

    def refused(self, status: int) -> web.Response:
        codes = {401: "authentication_invalid", 402: "quota_exceeded", 404: "resource_not_found", 422: "form_invalid"}
        code = codes.get(status, "bad_request")
        error = {"message": "No.", "long_message": "No: person@example.org.", "code": code}
        return web.json_response({"errors": [error], "clerk_trace_id": "trace-4"}, status=status)

    def took(self, method: str, path: str, headers: dict[str, str], body: Any) -> web.Response:
        if path == "/jwks":
            return web.json_response(self._set(self.keys if self.own_keys is None else self.own_keys))
        found = re.fullmatch(r"/(users|sessions)/([^/]+)(?:/(\w+))?", path)
        assert found, path
        kind, name, verb = found.groups()
        row = (self.people if kind == "users" else self.sessions).get(name)
        if row is None:
            return self.refused(404)
        if verb == "revoke":
            if row["status"] != "active":
                return self.refused(400)
            row["status"] = "revoked"
        elif verb in {"ban", "unban"}:
            row["banned"] = verb == "ban"
        return web.json_response(row)

    def _set(self, keys: list[RSAKey]) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in keys]}

    def wrong_calls(self) -> list[Seen]:
        """Those that Clerk's description calls wrong."""
        return [call for call in self.seen if call.errors]
