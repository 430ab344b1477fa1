"""A twin of Stripe on loopback: it keeps what it is told and tells what follows by signed webhooks.

Where Stripe's own description is here (see needs.py) each call is judged by it as well. Money moves as Stripe's pages
say it does; figures that only Stripe knows (its fees, its delays) are left out.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from aethex_live.clock import Clock
from aethex_live.providers.webhooks import WebhookRequest
from payment_hands import signed
from vendor_specs import guard_of

ACCOUNT_SECRET, CONNECT_SECRET = "whsec_account", "whsec_connect"
KEY = "sk_test_canary0Key"
MONTH = 30 * 86_400
Json = dict[str, Any]


class Refused(Exception):
    """An answer that is an error of Stripe's."""

    def __init__(self, status: int, code: str, *, type_: str = "invalid_request_error", param: str = "") -> None:
        self.status = status
        self.body = {"error": {"type": type_, "code": code, "message": "No."} | ({"param": param} if param else {})}


class Twin:
    """What it keeps; `told` are webhooks with their endpoint's secret, `wrong` the calls that are not as described."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.url = clock, ""
        self.guard = guard_of("stripe-openapi.json")
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.rows: dict[str, Json] = {}
        self.balances: dict[tuple[str, str], int] = {}
        self.told: list[tuple[bytes, str]] = []
        self._keys: dict[str, tuple[Json, Json]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    # --- calls

    def answer(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> tuple[int, Json]:
        """Status and body of one call."""
        path, _, query = target.partition("?")
        self.asked.append(f"{method} {path}")
        if self.guard is not None and (errors := self.guard.check(method, path, query, headers, raw).errors):
            self.wrong.append(f"{method} {path}: {errors}")
            return 400, {"error": {"type": "invalid_request_error", "message": "not as described"}}
        said = nested(parse_qsl(raw.decode() or query, keep_blank_values=True))
        said["_account"] = headers.get("stripe-account")
        with self._lock:
            try:
                return 200, self._once(method, path, headers.get("idempotency-key"), said)
            except Refused as refused:
                return refused.status, refused.body

    def _once(self, method: str, path: str, key: str | None, said: Json) -> Json:
        if method == "GET" or key is None:
            return self._act(method, path, said)
        if key in self._keys and self._keys[key][0] != said | {"_path": path}:
            raise Refused(400, "idempotency_key_in_use", type_="idempotency_error")
        if key not in self._keys:
            self._keys[key] = (said | {"_path": path}, json.loads(json.dumps(self._act(method, path, said))))
        return self._keys[key][1]

    def _act(self, method: str, path: str, said: Json) -> Json:
        for verb, pattern, act in ROUTES:
            if verb == method and (found := re.fullmatch(pattern, path)):
                result: Json = act(self, *found.groups(), said)
                return result
        raise Refused(404, "unknown_path")

    def _new(self, prefix: str, kind: str, **values: Any) -> Json:
        row = {"id": f"{prefix}_{next(self._numbers)}", "object": kind, "created": self._now(), "livemode": False}
        self.rows[row["id"]] = row | values
        return self.rows[row["id"]]

    def _get(self, number: str) -> Json:
        if number not in self.rows:
            raise Refused(404, "resource_missing", param="id")
        return self.rows[number]

    def _of(self, prefix: str) -> list[Json]:
        return [row for number, row in self.rows.items() if number.startswith(f"{prefix}_")]

    def _now(self) -> int:
        return int(self.clock.now().timestamp())

    def list_customers(self, said: Json) -> Json:
        return listed([row for row in self._of("cus") if row["email"] == said.get("email")])

    def make_customer(self, said: Json) -> Json:
        return self._new("cus", "customer", email=said.get("email"), metadata=said.get("metadata", {}))

    def list_prices(self, said: Json) -> Json:
        wanted = said["lookup_keys"].values()
        return listed([row for row in self._of("price") if row["lookup_key"] in wanted])

    def make_price(self, said: Json) -> Json:
        money = {"currency": said["currency"], "unit_amount": int(said["unit_amount"])}
        return self._new("price", "price", lookup_key=said["lookup_key"], **money)

    def make_session(self, said: Json) -> Json:
        [item] = said["line_items"].values()
        if "price" in item and item["price"] not in self.rows:
            raise Refused(400, "resource_missing", param="line_items[0][price]")
        price = item.get("price_data") or self.rows[item["price"]]
        return self._new(
            "cs",
            "checkout.session",
            url=f"{self.url}/pay",
            status="open",
            payment_status="unpaid",
            mode=said["mode"],
            expires_at=self._now() + 86_400,
            client_reference_id=said.get("client_reference_id"),
            metadata=said.get("metadata", {}),
            customer=said.get("customer"),
            payment_intent=None,
            subscription=None,
            amount_total=int(price["unit_amount"]),
            currency=price["currency"],
            _data=said.get("payment_intent_data") or said.get("subscription_data") or {},
        )

    def make_portal(self, said: Json) -> Json:
        return self._new("bps", "billing_portal.session", url=f"{self.url}/portal", customer=said["customer"])

    def change_subscription(self, number: str, said: Json) -> Json:
        self._get(number)["cancel_at_period_end"] = said["cancel_at_period_end"] == "true"
        return self._get(number)

    def cancel_subscription(self, number: str, said: Json) -> Json:
        self._get(number)["status"] = "canceled"
        self.tell("customer.subscription.deleted", self._get(number))
        return self._get(number)

    def make_refund(self, said: Json) -> Json:
        intent = self._get(said["payment_intent"])
        left = intent["amount"] - intent["_refunded"]
        if intent["_disputed"]:
            raise Refused(400, "charge_disputed")
        if not left:
            raise Refused(400, "charge_already_refunded")
        amount = int(said.get("amount", left))
        if not 0 < amount <= left:
            raise Refused(400, "amount_too_large", param="amount")
        if said.get("reverse_transfer") == "true":
            self._take_back(intent, amount)
        intent["_refunded"] += amount
        money = {"amount": amount, "currency": intent["currency"], "payment_intent": intent["id"]}
        refund = self._new("re", "refund", status="succeeded", metadata={}, charge="ch_1", **money)
        self.tell("refund.created", refund)
        return refund

    def _take_back(self, intent: Json, amount: int) -> None:
        """The payee's part, in proportion; all parts of a whole refund sum to exactly that part."""
        if not intent.get("transfer_data"):
            raise Refused(400, "no_transfer", param="reverse_transfer")
        share, total = intent["amount"] - (intent.get("application_fee_amount") or 0), intent["amount"]
        back = share * (intent["_reversed"] + amount) // total - share * intent["_reversed"] // total
        intent["_reversed"] += amount
        self._move(intent["transfer_data"]["destination"], intent["currency"], -back)

    def make_account(self, said: Json) -> Json:
        due = {"currently_due": ["external_account"], "past_due": [], "disabled_reason": "requirements.past_due"}
        states = {"charges_enabled": False, "payouts_enabled": False, "requirements": due}
        return self._new("acct", "account", metadata=said.get("metadata", {}), country=said["country"], **states)

    def make_link(self, said: Json) -> Json:
        self._get(said["account"])
        return {"object": "account_link", "created": 1, "expires_at": 2, "url": f"{self.url}/onboard"}

    def balance(self, said: Json) -> Json:
        held = [(cur, sum_) for (who, cur), sum_ in self.balances.items() if who == said["_account"]]
        funds = [{"amount": sum_, "currency": currency} for currency, sum_ in held]
        return {"object": "balance", "available": funds, "pending": [], "livemode": False}

    def make_payout(self, said: Json) -> Json:
        who, amount, currency = said["_account"], int(said["amount"]), said["currency"]
        if not self._get(who)["payouts_enabled"] or self.balances.get((who, currency), 0) < amount:
            raise Refused(400, "balance_insufficient")
        self._move(who, currency, -amount)
        payout = self._new("po", "payout", amount=amount, currency=currency, status="paid", metadata={})
        self.tell("payout.paid", payout, account=who)
        return payout

    def _move(self, who: str, currency: str, amount: int) -> None:
        self.balances[who, currency] = self.balances.get((who, currency), 0) + amount

    # --- what people and banks do

    async def pay(self, checkout_id: str, *, declined: bool = False, renewals_decline: bool = False) -> None:
        """Somebody fills in the page of a checkout."""
        session = self.rows[checkout_id]
        intent = self._intent(session)
        if declined:
            error = {"code": "card_declined", "decline_code": "card_declined", "charge": intent["id"]}
            self.tell("payment_intent.payment_failed", intent | {"last_payment_error": error})
            return
        session.update(status="complete", payment_status="paid", url=None)
        if split := intent.get("transfer_data"):
            share = intent["amount"] - (intent.get("application_fee_amount") or 0)
            self._move(split["destination"], intent["currency"], share)
        if session["mode"] == "subscription":
            self._subscribe(session, intent)
        else:
            session["payment_intent"] = intent["id"]
        self.tell("checkout.session.completed", session)

    def _intent(self, session: Json) -> Json:
        data, amount = session["_data"], session["amount_total"]
        fee = data.get("application_fee_amount")
        percent = data.get("application_fee_percent")
        fee = int(fee) if fee else amount * int(percent) // 100 if percent else None
        states = {"_refunded": 0, "_reversed": 0, "_disputed": False, "metadata": data.get("metadata", {})}
        return self._new(
            "pi",
            "payment_intent",
            amount=amount,
            currency=session["currency"],
            transfer_data=data.get("transfer_data"),
            application_fee_amount=fee,
            **states,
        )

    def _subscribe(self, session: Json, intent: Json) -> None:
        ends, metadata = self._now() + MONTH, session["_data"].get("metadata", {})
        items = {"data": [{"current_period_end": ends}]}
        plan = self._new(
            "sub", "subscription", status="active", items=items, metadata=metadata, cancel_at_period_end=False
        )
        session["subscription"] = plan["id"]
        paid = {"status": "paid", "payment": {"type": "payment_intent", "payment_intent": intent["id"]}}
        invoice = self._new(
            "in",
            "invoice",
            parent={"subscription_details": {"subscription": plan["id"], "metadata": metadata}},
            lines={"data": [{"period": {"end": ends}}]},
            amount_paid=intent["amount"],
            currency=intent["currency"],
            customer=session["customer"],
        )
        self.tell("invoice.paid", dict(invoice))  # an event does not name the payment
        invoice["payments"] = listed([paid])

    async def onboard(self, payee_id: str) -> None:
        """The creator gives what is due."""
        nothing = {"currently_due": [], "past_due": [], "disabled_reason": None}
        self.rows[payee_id].update(charges_enabled=True, payouts_enabled=True, requirements=nothing)
        self.tell("account.updated", self.rows[payee_id], account=payee_id)

    async def dispute(self, payment_id: str) -> str:
        """A cardholder wants the money back."""
        intent = self.rows[payment_id]
        intent["_disputed"] = True
        money = {"amount": intent["amount"] - intent["_refunded"], "currency": intent["currency"]}
        found = self._new("dp", "dispute", status="needs_response", reason="fraudulent", **money)
        found.update(payment_intent=payment_id, charge="ch_1")
        self.tell("charge.dispute.created", found)
        return str(found["id"])

    async def close_dispute(self, dispute_id: str, payment_id: str, *, won: bool) -> None:
        """The bank decides."""
        self.rows[dispute_id]["status"] = "won" if won else "lost"
        self.rows[payment_id]["_disputed"] = not won
        self.tell("charge.dispute.closed", self.rows[dispute_id])

    async def told_so_far(self) -> Sequence[WebhookRequest]:
        """All webhooks so far, as they are received now."""
        now = self.clock.now()
        return [
            WebhookRequest(headers={"stripe-signature": signed(secret, body, now)}, body=body, received_at=now)
            for body, secret in self.told
        ]

    def tell(self, kind: str, thing: Json, *, account: str | None = None) -> None:
        """Put an event among those that are told."""
        shown = {name: value for name, value in thing.items() if not name.startswith("_")}
        event = {"id": f"evt_{next(self._numbers)}", "object": "event", "type": kind, "created": self._now()}
        event |= {"livemode": False, "data": {"object": shown}} | ({"account": account} if account else {})
        self.told.append((json.dumps(event).encode(), CONNECT_SECRET if account else ACCOUNT_SECRET))


class TwinHands:
    """The hands of the kit at a twin."""

    def __init__(self, twin: Twin) -> None:
        self.pay, self.onboard, self.dispute = twin.pay, twin.onboard, twin.dispute
        self.close_dispute, self.told = twin.close_dispute, twin.told_so_far


def _read(twin: Twin, number: str, said: Json) -> Json:
    return twin._get(number)


ONE = r"([\w.]+)"
ROUTES: tuple[tuple[str, str, Callable[..., Json]], ...] = (
    ("GET", "/v1/customers", Twin.list_customers),
    ("POST", "/v1/customers", Twin.make_customer),
    ("GET", "/v1/prices", Twin.list_prices),
    ("POST", "/v1/prices", Twin.make_price),
    ("POST", "/v1/checkout/sessions", Twin.make_session),
    ("GET", f"/v1/checkout/sessions/{ONE}", _read),
    ("POST", "/v1/billing_portal/sessions", Twin.make_portal),
    ("GET", f"/v1/subscriptions/{ONE}", _read),
    ("POST", f"/v1/subscriptions/{ONE}", Twin.change_subscription),
    ("DELETE", f"/v1/subscriptions/{ONE}", Twin.cancel_subscription),
    ("POST", "/v1/refunds", Twin.make_refund),
    ("GET", f"/v1/payment_intents/{ONE}", _read),
    ("GET", f"/v1/invoices/{ONE}", _read),
    ("POST", "/v1/accounts", Twin.make_account),
    ("GET", f"/v1/accounts/{ONE}", _read),
    ("POST", "/v1/account_links", Twin.make_link),
    ("GET", "/v1/balance", Twin.balance),
    ("POST", "/v1/payouts", Twin.make_payout),
)


def listed(rows: Sequence[Json]) -> Json:
    """A list as Stripe gives it."""
    return {"object": "list", "data": list(rows), "has_more": False, "url": "/v1"}


def nested(pairs: Sequence[tuple[str, str]]) -> Json:
    """`a[b][0]=c` as nested mappings."""
    found: Json = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        place, last = found, first
        for part in rest:
            place, last = place.setdefault(last, {}), part
        place[last] = value
    return found


@contextmanager
def stripe_twin(clock: Clock) -> Iterator[Twin]:
    """Serve one."""
    made = Twin(clock)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, found = made.answer(self.command, self.path, headers, raw)
            shown = {name: value for name, value in found.items() if not name.startswith("_")}
            body = json.dumps(shown).encode()
            self.send_response(status)
            told = {"content-type": "application/json", "request-id": "req_1", "content-length": str(len(body))}
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
