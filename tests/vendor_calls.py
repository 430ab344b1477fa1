"""Every call that the plugins of vendors can make: what tests hold against the vendors' own descriptions.

Who writes another plugin for a vendor that describes its API adds an entry to ALL.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

from aethex_live.clock import SystemClock
from aethex_live.providers import Invalid, ProviderError
from aethex_live.providers.calls import Calls
from aethex_live.providers.email import Email
from aethex_live.providers.payments import CheckoutSpec, Money, Split, Subscription
from aethex_live.providers.streaming import IngestSpec

UID = "b" * 32
BACK = "https://site.example/"


@dataclass(frozen=True)
class VendorCalls:
    """The calls of one plugin: `calls` as the description names them, `make` makes each at an address.

    `asks` matches the places in the plugin's source where something is asked for. `beside` are calls that the
    description leaves out, with where they are described.
    """

    vendor: str
    spec: str
    calls: frozenset[str]
    asks: str
    make: Callable[[str], Awaitable[None]]
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the plugin's source is."""
        return Path(str(importlib.import_module(f"aethex_plugins.{self.vendor}").__file__)).parent.resolve()

    def sites(self) -> dict[tuple[str, int], str]:
        """(file, line) of every place that asks, with its text."""
        found = {}
        for path in self.folder.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and re.fullmatch(self.asks, name := ast.unparse(node.func)):
                    found[str(path), node.lineno] = f"{path.name}:{node.lineno} {name}"
        return found


@contextmanager
def passed(folder: Path) -> Iterator[set[tuple[str, int]]]:
    """The lines (file, line) of a folder's source that were come by."""
    lines: set[tuple[str, int]] = set()
    names: dict[str, str] = {}

    def line(frame: FrameType, event: str, _: object) -> Any:
        lines.add((names[frame.f_code.co_filename], frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: object) -> Any:
        name = frame.f_code.co_filename
        if name not in names:
            # the packages are found by a link
            names[name] = str(Path(name).resolve())
        return line if Path(names[name]).parent == folder else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield lines
    finally:
        sys.settrace(before)


async def made(call: Awaitable[object], *codes: str) -> None:
    """Make a call; an answer that lacks what the description promises (a sample, mostly) is no matter here."""
    try:
        await call
    except ProviderError as error:
        assert error.code in codes, error


# --- streaming


async def every_call_of_mux(url: str) -> None:
    """All that stream_mux can ask for."""
    from aethex_plugins.stream_mux.opening import open_streaming
    from aethex_plugins.stream_mux.settings import StreamMuxSettings

    said = {"token_id": "t", "token_secret": "s", "webhook_secrets": ["w"], "api_url": url}
    provider: Any = open_streaming(StreamMuxSettings.model_validate(said), SystemClock())
    for call in (
        provider.create_ingest(IngestSpec(ref=UUID(int=7), title="Nova", latency="low"), idempotency_key="a"),
        provider.create_ingest(IngestSpec(ref=UUID(int=8), title="", latency="standard"), idempotency_key="b"),
        provider.endpoints("LS1", key_version=1),
        provider.rotate_key("LS1", key_version=2),
        provider.set_enabled("LS1", enabled=True),
        provider.set_enabled("LS1", enabled=False),
        provider.live_state("LS1"),
        provider.recordings("LS1"),
        provider.get_recording("AS1"),
        provider.create_clip("AS1", 1.5, 9.0, ref="c", title="Best", idempotency_key="c"),
        provider.delete_recording("AS1"),
        provider.delete_ingest("LS1"),
    ):
        await made(call, "unreadable")
    # what depends on how a stream stands, of which a sample knows nothing
    provider._stream = _answering({"status": "active"})
    await made(provider.end_broadcast("LS1"), "unreadable")
    provider._stream = _answering({"status": "idle"})
    await made(provider.add_simulcast("LS1", "rtmp://127.0.0.1/app", "k", ref="t"), "unreadable")
    await made(provider.remove_simulcast("LS1", "T1"), "unreadable")
    await provider.aclose()


async def every_call_of_cloudflare(url: str) -> None:
    """All that stream_cloudflare can ask for."""
    from aethex_plugins.stream_cloudflare.opening import open_streaming
    from aethex_plugins.stream_cloudflare.settings import StreamCloudflareSettings

    said = {"account_id": "a" * 32, "api_token": "t", "webhook_secrets": ["w"], "notification_secrets": ["n"]}
    settings = StreamCloudflareSettings.model_validate(said | {"api_url": url, "delivery_url": url})
    provider: Any = open_streaming(settings, SystemClock())
    for call in (
        provider.create_ingest(IngestSpec(ref=UUID(int=7), title="Nova"), idempotency_key="a"),
        provider.endpoints(UID, key_version=1),
        provider.rotate_key(UID, key_version=2),
        provider.set_enabled(UID, enabled=False),
        provider.live_state(UID),
        provider.recordings(UID),
        provider.get_recording(UID),
        provider.create_clip(UID, 1.5, 9.0, ref="c", title="Best", idempotency_key="c"),
        provider.add_simulcast(UID, "rtmp://127.0.0.1/app", "k", ref="t"),
        provider.remove_simulcast(UID, UID),
        provider.delete_recording(UID),
        provider.delete_ingest(UID),
    ):
        await made(call, "answer")
    # an input as it is kept, which a sample is not
    kept = {"meta": {"name": "Nova", "ref": "r"}, "recording": {"mode": "automatic"}, "defaultCreator": "c"}
    provider._input = _answering(kept)
    await made(provider.set_enabled(UID, enabled=True), "answer")
    provider._api.get = _answering(None)
    await made(provider.add_simulcast(UID, "rtmp://127.0.0.1/app", "k", ref="t"), "answer")
    await provider.aclose()


def _answering(value: object) -> Callable[..., Awaitable[object]]:
    async def answer(*_: object, **__: object) -> object:
        return value

    return answer


# --- payments


def order(**more: Any) -> CheckoutSpec:
    """An order with these parts."""
    values = {"ref": "order-1", "description": "A tip", "success_url": BACK, "cancel_url": BACK}
    return CheckoutSpec(**(values | more))


ORDERS = [
    order(amount=Money(500, "eur")),
    order(amount=Money(500, "jpy"), email="a@example.org", promo=True),
    order(amount=Money(500, "isk"), customer="cus_1", split=Split(payee="acct_1")),
    order(amount=Money(500, "eur"), split=Split(payee="acct_1", fee=Money(50, "eur"))),
    order(price="price_1", customer="cus_1", promo=True),
    order(price="price_1", split=Split(payee="acct_1", percent=20)),
    order(price="price_1", email="a@example.org", split=Split(payee="acct_1")),
]


async def every_call_of_stripe(url: str) -> None:
    """All that payments_stripe can ask for, with and without what settings add."""
    for automatic_tax in (False, True):
        await _every_call_of_stripe(url, automatic_tax=automatic_tax)


async def _every_call_of_stripe(url: str, *, automatic_tax: bool) -> None:
    from aethex_plugins.payments_stripe.client import Client
    from aethex_plugins.payments_stripe.events import Webhooks
    from aethex_plugins.payments_stripe.service import StripePayments

    client = Client("sk_test_canary0Key", url, 5.0, SystemClock())
    portal = "bpc_1" if automatic_tax else ""
    provider: Any = StripePayments(
        client, Webhooks(["whsec_a"], [], live=False), automatic_tax=automatic_tax, portal_configuration=portal
    )
    calls = [provider.create_checkout(spec, idempotency_key=f"{n}:{automatic_tax}") for n, spec in enumerate(ORDERS)]
    calls += [provider.ensure_customer(ref="user-1", email=email) for email in (None, "a@example.org")]
    calls += [
        provider.ensure_price(ref="fan", name="Fan", price=Money(500, "eur"), every=every)
        for every in ("month", "year")
    ]
    calls += [
        provider.refund("pi_1", amount, reverse_split=split, idempotency_key=f"r{split}{amount}")
        for split in (True, False)
        for amount in (Money(100, "eur"), None)
    ]
    calls += [
        provider.get_checkout("cs_1"),
        provider.portal_url("cus_1", return_url=BACK),
        provider.get_subscription("sub_1"),
        provider.resolve_payment("in_1"),
        provider.create_payee(ref="c", country="DE", email="c@example.org", idempotency_key="p"),
        provider.get_payee("acct_1"),
        provider.onboarding_url("acct_1", return_url=BACK, refresh_url=BACK),
        provider.balance("acct_1"),
        provider.pay_out("acct_1", Money(500, "eur"), idempotency_key="o"),
    ]
    for call in calls:
        await made(call, "strange_answer")
    # the one of a description's example may have ended
    active = Subscription(id="sub_1", ref=None, status="active", paid_until=None, ends_at_period_end=False)
    provider._get_subscription = _answering(active)
    for at_end in (False, True):
        await made(provider.cancel_subscription("sub_1", at_period_end=at_end), "strange_answer")
    await provider.aclose()


# --- accounts


async def every_call_of_clerk(url: str) -> None:
    """All that auth_clerk can ask of the Backend API."""
    from aethex_plugins.auth_clerk.client import Client

    client = Client("sk_test_twin0123456789", url, url, SystemClock(), patience_s=5.0)
    await made(client.own_keys(), "answer")
    await made(client.user("user_ada"), "answer")
    await client.revoke("sess_1")
    for banned in (True, False):
        await client.set_banned("user_ada", banned=banned)

    async def over(*_: object, **__: object) -> None:
        raise Invalid("It is over.", provider="clerk", operation="revoke")

    client._api.post = over  # type: ignore[method-assign]  # then it is asked how the session stands
    with contextlib.suppress(ProviderError):
        await client.revoke("sess_1")
    await client.aclose()


# --- e-mail

MAIL = Email(
    to="person@example.org",
    subject="Hello",
    text="Hello.",
    html="<p>Hello.</p>",
    reply_to="help@example.org",
    headers={"List-Unsubscribe": "<https://example.org/u>"},
    tags={"ref": "42"},
)


async def every_call_of_resend(url: str) -> None:
    """All that email_resend can ask for."""
    from aethex_plugins.email_resend.hooks import Hooks
    from aethex_plugins.email_resend.service import ResendMail, Sender

    calls = Calls("resend", SystemClock())
    sender = Sender("hello@example.org", "AeThex")
    provider: Any = ResendMail("re_twin_0123456789", sender, calls, base_url=url, hooks=Hooks([]))
    await made(provider.send(MAIL, idempotency_key="1"), "answer")
    await made(provider.send(Email(to="a@b.org", subject="", text=""), idempotency_key="2"), "answer")
    await made(provider.send_many([MAIL, MAIL], idempotency_key="3"), "answer")
    await made(provider.try_out(), "answer", "domain")
    await provider.aclose()


async def every_call_of_sendgrid(url: str) -> None:
    """All that email_sendgrid can ask for."""
    from aethex_plugins.email_sendgrid.hooks import Hooks
    from aethex_plugins.email_sendgrid.service import SendgridMail

    calls = Calls("sendgrid", SystemClock())
    provider: Any = SendgridMail(
        "SG.twin.0123456789", "hello@example.org", "AeThex", calls, base_url=url, hooks=Hooks([])
    )
    await made(provider.send(MAIL, idempotency_key="1"))
    await made(provider.send(Email(to="a@b.org", subject="x", text="", html=""), idempotency_key="2"))
    await made(provider.try_out())
    await provider.aclose()


STREAM = "/video/v1/live-streams"
ASSETS = "/video/v1/assets"
BASE = "/accounts/{account_id}/stream"
INPUT = f"{BASE}/live_inputs/{{live_input_identifier}}"

MUX = VendorCalls(
    vendor="stream_mux",
    spec="mux-openapi.derived.json",
    asks=r"self\._api\.call|self\._gone",
    make=every_call_of_mux,
    calls=frozenset(
        {
            f"GET {STREAM}",
            f"POST {STREAM}",
            f"GET {STREAM}/{{liveStreamId}}",
            f"DELETE {STREAM}/{{liveStreamId}}",
            f"POST {STREAM}/{{liveStreamId}}/reset-stream-key",
            f"PUT {STREAM}/{{liveStreamId}}/complete",
            f"PUT {STREAM}/{{liveStreamId}}/enable",
            f"PUT {STREAM}/{{liveStreamId}}/disable",
            f"POST {STREAM}/{{liveStreamId}}/simulcast-targets",
            f"DELETE {STREAM}/{{liveStreamId}}/simulcast-targets/{{simulcastTargetId}}",
            f"GET {ASSETS}",
            f"POST {ASSETS}",
            f"GET {ASSETS}/{{assetId}}",
            f"DELETE {ASSETS}/{{assetId}}",
        }
    ),
)
CLOUDFLARE = VendorCalls(
    vendor="stream_cloudflare",
    spec="cloudflare-stream-openapi.json",
    asks=r"self\._api\.(get|post|put|delete)",
    make=every_call_of_cloudflare,
    calls=frozenset(
        {
            f"POST {BASE}/live_inputs",
            f"GET {INPUT}",
            f"PUT {INPUT}",
            f"DELETE {INPUT}",
            f"POST {INPUT}/rotate_keys",
            f"GET {INPUT}/videos",
            f"GET {INPUT}/outputs",
            f"POST {INPUT}/outputs",
            f"DELETE {INPUT}/outputs/{{output_identifier}}",
            f"GET {BASE}/{{identifier}}",
            f"DELETE {BASE}/{{identifier}}",
            f"POST {BASE}/clip",
        }
    ),
    beside={"GET /{input}/views": "of the customer's own domain: the vendor's pages describe it, its API file doesn't"},
)
STRIPE = VendorCalls(
    vendor="payments_stripe",
    spec="stripe-openapi.json",
    asks=r"\w+\.\w+_async",
    make=every_call_of_stripe,
    calls=frozenset(
        {
            "GET /v1/customers",
            "POST /v1/customers",
            "GET /v1/prices",
            "POST /v1/prices",
            "POST /v1/checkout/sessions",
            "GET /v1/checkout/sessions/{session}",
            "POST /v1/billing_portal/sessions",
            "GET /v1/subscriptions/{subscription_exposed_id}",
            "POST /v1/subscriptions/{subscription_exposed_id}",
            "DELETE /v1/subscriptions/{subscription_exposed_id}",
            "POST /v1/refunds",
            "GET /v1/payment_intents/{intent}",
            "GET /v1/invoices/{invoice}",
            "POST /v1/accounts",
            "GET /v1/accounts/{account}",
            "POST /v1/account_links",
            "GET /v1/balance",
            "POST /v1/payouts",
        }
    ),
)
RESEND = VendorCalls(
    vendor="email_resend",
    spec="resend-openapi.json",
    asks=r"self\._(post|http\.(get|post))",
    make=every_call_of_resend,
    calls=frozenset({"POST /emails", "POST /emails/batch", "GET /domains"}),
)
SENDGRID = VendorCalls(
    vendor="email_sendgrid",
    spec="sendgrid-mail-openapi.json",
    asks=r"self\._http\.(get|post)",
    make=every_call_of_sendgrid,
    calls=frozenset({"POST /v3/mail/send"}),
)
CLERK = VendorCalls(
    vendor="auth_clerk",
    spec="clerk-bapi-2025-11-10.json",
    asks=r"self\._(api\.(get|post)|object)",
    make=every_call_of_clerk,
    calls=frozenset(
        {
            "GET /jwks",
            "GET /sessions/{session_id}",
            "GET /users/{user_id}",
            "POST /sessions/{session_id}/revoke",
            "POST /users/{user_id}/ban",
            "POST /users/{user_id}/unban",
        }
    ),
    beside={"GET /.well-known/jwks.json": "of the instance's own address: public keys, as everybody may read them"},
)
ALL = (MUX, CLOUDFLARE, STRIPE, RESEND, SENDGRID, CLERK)
