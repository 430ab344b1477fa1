"""The vendors of the outage measurements: how each one's plugin is set up, what is asked of it, what a well one says.

A plugin that calls a vendor has a row in VENDORS (tests/platform/test_vendor_failures.py finds it missing).
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from aethex_live.clock import Clock
from aethex_live.providers import AccessDenied, ProviderError, RateLimited, Unavailable
from aethex_live.providers.calls import Calls
from aethex_live.providers.email import Email
from bench.peers.troubled import FAILURES, Asked, Given, Troubled, TroubledHttp, TroubledMail

ANSWER: Final = "answer"
NAMED: Final[Mapping[str, type[ProviderError] | str]] = dict.fromkeys(FAILURES, Unavailable) | {
    "slow": ANSWER,
    "429": RateLimited,
    "expired credentials": AccessDenied,
}
SECRET: Final = "canary0secret"
ACCOUNT: Final = "a" * 32
MAIL: Final = Email(to="person@example.org", subject="Hello", text="Hello.")


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """A vendor's plugin.

    `build` makes its provider at an address, `ask` has it make one call of those that it makes most; `stand_in` is the
    vendor. `named` is what differs from NAMED. `table` is its part of a site's configuration.
    """

    plugin: str
    build: Callable[[str, Clock], Any]
    ask: Callable[[Any], Awaitable[object]]
    stand_in: Callable[[Clock], Troubled]
    table: Callable[[str], str]
    named: Mapping[str, type[ProviderError] | str] = field(default_factory=dict)

    def behaviour(self, failure: str) -> type[ProviderError] | str:
        """What becomes of a call: a class of errors, or ANSWER."""
        return {**NAMED, **self.named}[failure]


# --- mails


def _resend(url: str, clock: Clock) -> Any:
    from aethex_plugins.email_resend.service import ResendMail, Sender

    sender = Sender("hello@example.org", "Site")
    return ResendMail(f"re_{SECRET}", sender, Calls("resend", clock), base_url=url, hooks=None)


def _sendgrid(url: str, clock: Clock) -> Any:
    from aethex_plugins.email_sendgrid.service import SendgridMail

    calls = Calls("sendgrid", clock)
    return SendgridMail(f"SG.{SECRET}", "hello@example.org", "Site", calls, base_url=url, hooks=None)


def _smtp(url: str, clock: Clock) -> Any:
    from aethex_plugins.email_smtp.letter import Sender
    from aethex_plugins.email_smtp.line import Server
    from aethex_plugins.email_smtp.service import SmtpMail

    server = Server(
        host="127.0.0.1",
        port=int(url.rpartition(":")[2]),
        implicit=False,
        tls=None,
        username="site",
        password=SECRET,
        hello="localhost",
        step_s=15.0,
    )
    return SmtpMail(server, Sender("hello@example.org", "Site"), clock, timeout_s=15.0, connections=4)


async def _send(provider: Any) -> object:
    return await provider.send(MAIL, idempotency_key=uuid4().hex)


# --- storage

_XML: Final = {"content-type": "application/xml"}


def _s3(url: str, clock: Clock) -> Any:
    from aethex_plugins.storage_s3.opening import bucket_of, open_storage
    from aethex_plugins.storage_s3.settings import StorageS3Settings

    said = {"bucket": "bucket", "access_key_id": "AKIA0", "secret_access_key": SECRET, "endpoint_url": url}
    return open_storage(bucket_of(StorageS3Settings.model_validate(said | {"path_style": True})), clock)


def _r2(url: str, clock: Clock) -> Any:
    from aethex_plugins.storage_s3.service import Buckets

    return Buckets(clock).open(
        provider="r2",
        plugin="storage_r2",
        wants=[],
        endpoint=url,
        region="auto",
        bucket="bucket",
        access_key="AKIA0",
        secret_key=SECRET,
        public_url="",
        public_cache_s=60,
        part_mb=8,
        threads=16,
        deletes_many=False,
    )


async def _read(provider: Any) -> object:
    return b"".join([piece async for piece in provider.get("a")])


def _bucket(_: Clock) -> Troubled:
    def answer(asked: Asked) -> Given:
        body, status = b"stored", 200
        if (wanted := asked.headers.get("range", "")).startswith("bytes="):
            body, status = body[int(wanted.removeprefix("bytes=").partition("-")[0]) :], 206
        return Given(status, body, {"etag": '"e"', "last-modified": "Mon, 01 Jan 2026 00:00:00 GMT"})

    def refusal(status: int) -> Given:
        code = {429: b"TooManyRequests", 400: b"ExpiredToken"}.get(status, b"InternalError")
        return Given(status, b'<?xml version="1.0"?><Error><Code>%s</Code></Error>' % code, _XML)

    return TroubledHttp(answer, refusal(400), refusal=refusal)


# --- streaming


def _mux(url: str, clock: Clock) -> Any:
    from aethex_plugins.stream_mux.opening import open_streaming
    from aethex_plugins.stream_mux.settings import StreamMuxSettings

    said = {"token_id": "t", "token_secret": SECRET, "api_url": url}
    return open_streaming(StreamMuxSettings.model_validate(said), clock)


def _mux_vendor(_: Clock) -> Troubled:
    stream = {
        "id": "LS0",
        "stream_key": "key-LS0",
        "status": "idle",
        "playback_ids": [{"id": "PB0", "policy": "public"}],
        "latency_mode": "low",
        "simulcast_targets": [],
    }

    def answer(asked: Asked) -> Given:
        if asked.path.endswith("/live-streams"):
            return Given.json({"data": stream}, 201) if asked.method == "POST" else Given.json({"data": []})
        return Given.json({"data": stream})

    return TroubledHttp(answer, Given.json({"error": {"type": "unauthorized", "messages": [SECRET]}}, 401))


def _cloudflare(url: str, clock: Clock) -> Any:
    from aethex_plugins.stream_cloudflare.opening import open_streaming
    from aethex_plugins.stream_cloudflare.settings import StreamCloudflareSettings

    said = {"account_id": ACCOUNT, "api_token": SECRET, "customer_code": "c", "api_url": url, "delivery_url": url}
    return open_streaming(StreamCloudflareSettings.model_validate(said), clock)


def _cloudflare_vendor(_: Clock) -> Troubled:
    found = {"uid": "LS0", "rtmps": {"url": "rtmps://live.example:443/live/", "streamKey": "key"}, "enabled": True}

    def told(result: object, status: int = 200) -> Given:
        errors = [] if status == 200 else [{"code": 10000, "message": SECRET}]
        return Given.json({"success": status == 200, "errors": errors, "messages": [], "result": result}, status)

    return TroubledHttp(lambda _: told(found), told(None, 401))


async def _endpoints(provider: Any) -> object:
    return await provider.endpoints("LS0", key_version=1)


# --- payments


def _stripe(url: str, clock: Clock) -> Any:
    from aethex_plugins.payments_stripe.client import Client
    from aethex_plugins.payments_stripe.events import Webhooks
    from aethex_plugins.payments_stripe.service import StripePayments

    return StripePayments(Client(f"sk_test_{SECRET}", url, 15.0, clock), Webhooks(["whsec_a"], [], live=False))


def _stripe_vendor(_: Clock) -> Troubled:
    session = {"id": "cs_1", "object": "checkout.session", "url": "https://checkout.example/c/1", "status": "open"}
    expired = {"error": {"type": "invalid_request_error", "code": "api_key_expired", "message": SECRET}}

    def refusal(status: int) -> Given:
        kind, code = ("invalid_request_error", "rate_limit") if status == 429 else ("api_error", None)
        return Given.json({"error": {"type": kind, "code": code, "message": SECRET}}, status)

    return TroubledHttp(lambda _: Given.json(session), Given.json(expired, 401), refusal=refusal)


async def _checkout(provider: Any) -> object:
    return await provider.get_checkout("cs_1")


# --- sign-in

RETURN: Final = "https://site.example/return"


def _oidc(url: str, clock: Clock) -> Any:
    from aethex_plugins.auth_oidc.service import Oidc
    from aethex_plugins.auth_oidc.settings import AuthOidcSettings

    issuer = {"label": "Company", "issuer": url, "client_id": "site", "client_secret": SECRET}
    return Oidc(AuthOidcSettings.model_validate({"issuers": {"company": issuer}}), clock)


async def _sign_in(provider: Any) -> object:
    start = await provider.begin_sign_in("company", return_url=RETURN)
    # the issuer on loopback puts into the token what came as code
    query = {"state": start.state, "code": start.kept["nonce"]}
    return await provider.finish_sign_in("company", return_url=RETURN, query=query, kept=start.kept)


@cache
def _key() -> RSAKey:
    """Made once: it takes a tenth of a second."""
    return RSAKey.generate_key(2048, {"kid": "k", "use": "sig", "alg": "RS256"})


def _issuer(clock: Clock) -> Troubled:
    key = _key()

    def answer(asked: Asked) -> Given:
        url = f"http://{asked.headers['host']}"
        if asked.path == "/keys":
            return Given.json({"keys": [key.as_dict(private=False)]})
        if asked.path == "/token":
            now = int(clock.now().timestamp())
            claims = {"iss": url, "sub": "ada", "aud": "site", "iat": now, "exp": now + 300, "email": "a@example.org"}
            claims |= {"nonce": asked.form["code"], "name": "Ada"}
            token = jwt.encode({"alg": "RS256", "kid": "k"}, claims, key)
            return Given.json({"access_token": secrets.token_hex(4), "token_type": "Bearer", "id_token": token})
        ways = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return Given.json({"issuer": url} | {name: f"{url}/{path}" for name, path in ways.items()})

    return TroubledHttp(answer, Given.json({"error": "invalid_client"}, 401))


def _clerk_settings(url: str) -> dict[str, str]:
    instance = base64.b64encode(f"{url.removeprefix('http://')}$".encode()).decode()
    keys = {"publishable_key": f"pk_test_{instance}", "secret_key": f"sk_test_{SECRET}"}
    return keys | {"api_url": url, "frontend_url": url}


def _clerk(url: str, clock: Clock) -> Any:
    from aethex_plugins.auth_clerk.client import Client
    from aethex_plugins.auth_clerk.instance import read_instance
    from aethex_plugins.auth_clerk.service import ClerkAuth
    from aethex_plugins.auth_clerk.settings import AuthClerkSettings

    settings = AuthClerkSettings.model_validate(_clerk_settings(url))
    client = Client(f"sk_test_{SECRET}", url, url, clock, patience_s=settings.patience_s)
    return ClerkAuth(settings, read_instance(settings), client, clock, "https://site.example")


async def _look_up(provider: Any) -> object:
    return await provider.look_up("user_ada")


def _clerk_vendor(_: Clock) -> Troubled:
    expired = {"errors": [{"code": "secret_key_invalid", "message": SECRET}], "clerk_trace_id": "t1"}
    return TroubledHttp(
        lambda _: Given.json({"id": "user_ada", "object": "user", "email_addresses": []}), Given.json(expired, 401)
    )


def _table(plugin: str, **said: object) -> str:
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in said.items())
    return f"[plugins.{plugin}]\n{lines}\n"


VENDORS: Final = (
    Vendor(
        plugin="email_resend",
        build=_resend,
        ask=_send,
        stand_in=lambda _: TroubledHttp(
            lambda _: Given.json({"id": str(uuid4())}),
            Given.json({"statusCode": 401, "name": "invalid_api_key", "message": SECRET}, 401),
        ),
        table=lambda url: _table("email_resend", api_key=f"re_{SECRET}", from_address="a@example.org", base_url=url),
    ),
    Vendor(
        plugin="email_sendgrid",
        build=_sendgrid,
        ask=_send,
        stand_in=lambda _: TroubledHttp(
            lambda _: Given(202, b"", {"x-message-id": uuid4().hex}),
            Given.json({"errors": [{"message": SECRET, "field": None}]}, 401),
        ),
        table=lambda url: _table("email_sendgrid", api_key=f"SG.{SECRET}", from_address="a@example.org", base_url=url),
    ),
    Vendor(
        plugin="email_smtp",
        build=_smtp,
        ask=_send,
        stand_in=lambda _: TroubledMail(),
        table=lambda url: _table(
            "email_smtp", host="127.0.0.1", port=int(url.rpartition(":")[2]), security="none", from_address="a@b.org"
        ),
    ),
    Vendor(
        plugin="storage_s3",
        build=_s3,
        ask=_read,
        stand_in=_bucket,
        table=lambda url: _table(
            "storage_s3",
            bucket="bucket",
            access_key_id="AKIA0",
            secret_access_key=SECRET,
            endpoint_url=url,
            path_style=True,
        ),
    ),
    Vendor(
        plugin="storage_r2",
        build=_r2,
        ask=_read,
        stand_in=_bucket,
        table=lambda url: _table(
            "storage_r2",
            account_id=ACCOUNT,
            bucket="bucket",
            access_key_id="AKIA0",
            secret_access_key=SECRET,
            endpoint_url=url,
        ),
    ),
    Vendor(
        plugin="stream_mux",
        build=_mux,
        ask=_endpoints,
        stand_in=_mux_vendor,
        table=lambda url: _table("stream_mux", token_id="t", token_secret=SECRET, api_url=url),
    ),
    Vendor(
        plugin="stream_cloudflare",
        build=_cloudflare,
        ask=_endpoints,
        stand_in=_cloudflare_vendor,
        table=lambda url: _table(
            "stream_cloudflare",
            account_id=ACCOUNT,
            api_token=SECRET,
            customer_code="c",
            api_url=url,
            delivery_url=url,
        ),
    ),
    Vendor(
        plugin="payments_stripe",
        build=_stripe,
        ask=_checkout,
        stand_in=_stripe_vendor,
        table=lambda url: _table(
            "payments_stripe", secret_key=f"sk_test_{SECRET}", webhook_secrets=["whsec_a"], api_base=url
        ),
    ),
    Vendor(
        plugin="auth_clerk",
        build=_clerk,
        ask=_look_up,
        stand_in=_clerk_vendor,
        table=lambda url: _table("auth_clerk", **_clerk_settings(url)),
    ),
    Vendor(
        plugin="auth_oidc",
        build=_oidc,
        ask=_sign_in,
        stand_in=_issuer,
        # the site's own credentials are nothing that a visitor could mend: to them it does not answer as it should
        named={"expired credentials": Unavailable},
        table=lambda url: _table(
            "auth_oidc.issuers.company", label="Company", issuer=url, client_id="site", client_secret=SECRET
        ),
    ),
)
