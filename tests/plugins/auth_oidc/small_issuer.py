"""A small OpenID Connect issuer on loopback, with keys of its own, that can be made to misbehave in every way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from sites import free_port

CLIENT, SECRET = "the-site", "s3cret of the site"
Sign = Callable[["SmallIssuer", dict[str, Any]], str]


def rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


# made once: each costs a tenth of a second
FIRST, SECOND, FOREIGN = rsa("first"), rsa("second"), rsa("first")
CURVE = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


@dataclass
class Code:
    sub: str
    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class SmallIssuer:
    """Say what it should do wrong by its attributes; all begin as an honest issuer has them."""

    port: int
    keys: list[Key] = field(default_factory=lambda: [FIRST])
    signing: Key = field(default_factory=lambda: FIRST)
    kid: str | None = "first"
    alg: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)  # more, or other ones; None takes one away
    people: dict[str, dict[str, Any]] = field(default_factory=dict)  # what userinfo tells of a sub
    sign: Sign | None = None  # instead of an honest signature
    document: dict[str, Any] = field(default_factory=dict)  # other lines of the discovery document
    trouble: dict[str, str] = field(
        default_factory=dict
    )  # path -> 500 | 429 | slow | garbage | list | huge | half | 404
    counts: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    at_hash: bool = True
    somebody: str = ""  # who a browser at /authorize is; "": somebody who says no
    seen_auth: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, label: str = "Company", **more: Any) -> dict[str, Any]:
        """A table of the site's settings."""
        return {"label": label, "issuer": self.url, "client_id": CLIENT, "client_secret": SECRET, **more}

    def visit(self, url: str, sub: str) -> dict[str, str]:
        """Somebody comes to the page at `url` and signs in; returns the query that they go back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(sub, asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"]}

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._misbehave])
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.counts[request.path] += 1
        match self.trouble.get(request.path) or self.trouble.get("*", ""):
            case "500" | "404" as status:
                return web.Response(status=int(status), text="no")
            case "429":
                return web.Response(status=429, headers={"Retry-After": "30"}, text="later")
            case "slow":
                await asyncio.sleep(20)
            case "garbage":
                return web.Response(text="<html>\x00 not json", content_type="text/html")
            case "list":
                return web.json_response([1, 2, 3])
            case "huge":
                return web.Response(body=b'{"a": "' + b"x" * 3_000_000 + b'"}', content_type="application/json")
            case "half":
                response = web.StreamResponse(headers={"Content-Length": "5000"})
                await response.prepare(request)
                await response.write(b'{"issuer": ')
                assert request.transport is not None
                request.transport.abort()
                return response
        found: web.StreamResponse = await handler(request)
        return found

    async def _discovery(self, _: web.Request) -> web.Response:
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
        }
        return web.json_response({k: v for k, v in (document | self.document).items() if v is not None})

    async def _authorize(self, request: web.Request) -> web.Response:
        """Whoever comes is `somebody` and is sent back at once, as over there somebody is signed in already."""
        query = self.visit(str(request.url), self.somebody)
        if not self.somebody:
            query = {"state": query["state"], "error": "access_denied"}
        back = request.query["redirect_uri"]
        return web.Response(status=302, headers={"Location": f"{back}?{urlencode(query)}"})

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.keys]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.seen_auth.append(
            "basic" if "Authorization" in request.headers else "post" if "client_secret" in form else ""
        )
        found = self.codes.pop(str(form.get("code")), None)
        challenge = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        fits = found and _b64(challenge) == found.challenge and form.get("redirect_uri") == found.redirect_uri
        if found is None or not fits or form.get("grant_type") != "authorization_code":
            return web.json_response({"error": "invalid_grant"}, status=400)
        access = secrets.token_urlsafe(16)
        self.tokens[access] = found.sub
        tokens = {"access_token": access, "token_type": "Bearer", "id_token": self._id_token(found, access)}
        return web.json_response(tokens)

    async def _userinfo(self, request: web.Request) -> web.Response:
        sub = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if sub is None:
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response({"sub": sub} | self.people.get(sub, {}))

    def _id_token(self, code: Code, access: str) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": code.sub,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": code.nonce,
            "auth_time": now,
        }
        if self.at_hash:
            claims["at_hash"] = _b64(hashlib.sha256(access.encode()).digest()[:16])
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return self.sign(self, claims) if self.sign else self.honest(claims)

    def honest(self, claims: Mapping[str, Any]) -> str:
        header = {"alg": self.alg} | ({"kid": self.kid} if self.kid else {})
        return jwt.encode(header, dict(claims), self.signing, algorithms=[self.alg])


def unsigned(_: SmallIssuer, claims: dict[str, Any]) -> str:
    """alg none."""
    return f"{_part({'alg': 'none', 'kid': 'first'})}.{_part(claims)}."


def with_public_key(issuer: SmallIssuer, claims: dict[str, Any]) -> str:
    """HS256 whose secret is the public key, in the form that everybody can read."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims)}"
    # by hand, because libraries refuse such a key
    return f"{signed}.{_b64(hmac.digest(FIRST.as_pem(private=False), signed.encode(), 'sha256'))}"


def with_foreign_key(_: SmallIssuer, claims: dict[str, Any]) -> str:
    """Another key under the name of ours."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, FOREIGN)


def with_key_inside(_: SmallIssuer, claims: dict[str, Any]) -> str:
    """A key that the token brings along itself."""
    header = {"alg": "RS256", "kid": "first", "jwk": FOREIGN.as_dict(private=False)}
    return jwt.encode(header, claims, FOREIGN)


def tampered(issuer: SmallIssuer, claims: dict[str, Any]) -> str:
    """Claims that were changed after they were signed."""
    header, _, signature = issuer.honest(claims).split(".")
    return f"{header}.{_part(claims | {'sub': 'admin'})}.{signature}"


@asynccontextmanager
async def running() -> AsyncIterator[SmallIssuer]:
    """A started issuer."""
    issuer = SmallIssuer(free_port())
    runner = web.AppRunner(issuer.app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", issuer.port).start()
    try:
        yield issuer
    finally:
        await runner.cleanup()


def _part(content: Mapping[str, Any]) -> str:
    return _b64(json.dumps(content).encode())


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
