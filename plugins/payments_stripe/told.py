"""What each type of Stripe's events says, in our words. Types that stand in neither table are nothing to us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .answers import Json, ident, intents, maybe, moment, payee, ref_of, whole
from .currencies import from_stripe

# Types that Stripe sends and that add nothing, each with why.
SILENT: Mapping[str, str] = {
    "checkout.session.expired": "nothing was paid, and the checkout says so when it is asked",
    "customer.subscription.created": "access is given by invoice.paid",
    "customer.subscription.updated": "invoice.paid and invoice.payment_failed tell what changes about money",
    "customer.subscription.resumed": "invoice.paid follows",
    "customer.subscription.trial_will_end": "nothing has happened yet",
    "invoice.payment_action_required": "invoice.payment_failed tells it, too",
    "invoice.finalized": "nothing is paid yet",
    "invoice.upcoming": "nothing has happened yet",
    "invoice.voided": "nothing was paid",
    "invoice.marked_uncollectible": "invoice.payment_failed told it",
    "payment_intent.succeeded": "the checkout's own event tells it, with our reference and the taxes",
    "payment_intent.canceled": "nothing was paid",
    "charge.refunded": "its amount is the sum of all refunds; refund.* tell each",
    "charge.dispute.updated": "the money does not move",
    "transfer.created": "a part of the payment",
    "transfer.updated": "a part of the payment",
    "transfer.reversed": "a part of the refund",
    "radar.early_fraud_warning.created": "the money does not move",
    "capability.updated": "account.updated tells it, too",
    "account.external_account.created": "account.updated tells it, too",
    "account.external_account.updated": "account.updated tells it, too",
    "account.external_account.deleted": "account.updated tells it, too",
    "payout.created": "pay_out returned it",
    "balance.available": "the balance says so when it is asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One of our events; `thing` is what the fact is about, where it is another than the subject."""

    type: str
    subject: str
    became: str
    ref: str | None = None
    thing: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


def _money(found: Json, name: str = "amount") -> dict[str, Any]:
    currency = str(found["currency"])
    return {"amount": from_stripe(whole(found[name]), currency), "currency": currency}


def _session_ref(session: Json) -> str | None:
    ref = session.get("client_reference_id")
    return ref if isinstance(ref, str) else ref_of(session)


def session_paid(session: Json) -> Sequence[Told]:
    """A payment by Checkout; one that is still on its way (a bank debit) is told when it arrives."""
    if session["mode"] != "payment" or session["payment_status"] not in {"paid", "no_payment_required"}:
        return ()
    payment = maybe(session.get("payment_intent")) or ident(session["id"])  # nothing to pay: no intent
    tax = (session.get("total_details") or {}).get("amount_tax")
    money = _money(session, "amount_total")
    data = {
        "payment": payment,
        "checkout": ident(session["id"]),
        "customer": maybe(session.get("customer")),
        "tax": from_stripe(tax, money["currency"]) if isinstance(tax, int) else None,
    }
    return (
        Told(
            type="payment.completed",
            subject=payment,
            became="completed",
            ref=_session_ref(session),
            data=data | money,
        ),
    )


def session_failed(session: Json) -> Sequence[Told]:
    """A payment that was on its way did not arrive."""
    if session["mode"] != "payment":
        return ()
    payment = maybe(session.get("payment_intent")) or ident(session["id"])
    data = {"payment": payment, "checkout": ident(session["id"]), "code": "async_payment_failed"}
    return (Told(type="payment.failed", subject=payment, became="failed", ref=_session_ref(session), data=data),)


def intent_failed(intent: Json) -> Sequence[Told]:
    """A card was declined; the checkout is still open. Those of subscriptions are told by their invoices."""
    if ref_of(intent) is None:
        return ()
    error = intent.get("last_payment_error") or {}
    charge = maybe(error.get("charge")) or "attempt"
    code = error.get("decline_code") or error.get("code") or "payment_failed"
    data = {"payment": ident(intent["id"]), "code": str(code)} | _money(intent)
    return (
        Told(
            type="payment.failed",
            subject=ident(intent["id"]),
            became=f"failed:{charge}",
            ref=ref_of(intent),
            data=data,
        ),
    )


def _of_invoice(invoice: Json) -> tuple[str, str | None] | None:
    """The subscription of an invoice and our reference; None for an invoice of something else."""
    parent = (invoice.get("parent") or {}).get("subscription_details")
    if parent is None:
        return None
    return ident(parent["subscription"]), ref_of(parent)


def invoice_paid(invoice: Json) -> Sequence[Told]:
    """A period of a subscription is paid, the first one too: this gives access."""
    if (found := _of_invoice(invoice)) is None:
        return ()
    number, ref = found
    ends = [line["period"]["end"] for line in invoice["lines"]["data"]]
    taxes = invoice.get("total_taxes") or []
    money = _money(invoice, "amount_paid")
    data = {
        "subscription": number,
        "payment": next(iter(intents(invoice)), ident(invoice["id"])),
        "paid_until": moment(max(ends)).isoformat(),
        "customer": maybe(invoice.get("customer")),
        "tax": from_stripe(sum(whole(tax["amount"]) for tax in taxes), money["currency"]) if taxes else None,
    }
    return (
        Told(
            type="subscription.active",
            subject=number,
            became="paid",
            thing=ident(invoice["id"]),
            ref=ref,
            data=data | money,
        ),
    )


def invoice_failed(invoice: Json) -> Sequence[Told]:
    """A period could not be paid; where it is the first one, there is no subscription yet."""
    if (found := _of_invoice(invoice)) is None:
        return ()
    number, ref = found
    tries = invoice.get("attempt_count") or 1
    first = invoice.get("billing_reason") == "subscription_create"
    data = {"subscription": number, "code": "payment_failed"}
    return (
        Told(
            type="payment.failed" if first else "subscription.past_due",
            subject=number,
            became=f"failed:{tries}",
            thing=ident(invoice["id"]),
            ref=ref,
            data=data,
        ),
    )


def subscription_ended(found: Json) -> Sequence[Told]:
    """It is over, whoever ended it."""
    number = ident(found["id"])
    data = {"subscription": number}
    return (Told(type="subscription.ended", subject=number, became="ended", ref=ref_of(found), data=data),)


def subscription_paused(found: Json) -> Sequence[Told]:
    """A trial ended without a card: nothing is paid until there is one."""
    number = ident(found["id"])
    data = {"subscription": number}
    return (Told(type="subscription.past_due", subject=number, became="paused", ref=ref_of(found), data=data),)


def refund(found: Json) -> Sequence[Told]:
    """Money went back, or (later) the customer's bank did not take it."""
    state = found.get("status")
    if state not in {"succeeded", "failed"}:
        return ()
    number = ident(found["id"])
    payment = maybe(found.get("payment_intent")) or ident(found["charge"])
    type_ = "payment.refunded" if state == "succeeded" else "refund.failed"
    data = {"refund": number, "payment": payment} | _money(found)
    return (Told(type=type_, subject=number, became=str(state), ref=ref_of(found), data=data),)


def dispute_opened(found: Json) -> Sequence[Told]:
    """A bank asks (`inquiry`), or holds the money back. The withdrawal of the latter is the same fact."""
    number, inquiry = ident(found["id"]), str(found["status"]).startswith("warning_")
    became = "inquiry" if inquiry else "opened"
    data = _disputed(found) | {"inquiry": inquiry, "reason": str(found.get("reason") or "")}
    return (Told(type="dispute.opened", subject=number, became=became, data=data),)


def dispute_closed(found: Json) -> Sequence[Told]:
    """The bank decided; the return of the money is the same fact."""
    outcome = {"won": "won", "lost": "lost", "warning_closed": "withdrawn", "prevented": "withdrawn"}.get(
        str(found["status"])
    )
    if outcome is None:  # money came back before the end
        return ()
    number = ident(found["id"])
    return (Told(type="dispute.closed", subject=number, became=outcome, data=_disputed(found) | {"outcome": outcome}),)


def _disputed(found: Json) -> dict[str, Any]:
    payment = maybe(found.get("payment_intent")) or ident(found["charge"])
    return {"dispute": ident(found["id"]), "payment": payment} | _money(found)


def account_updated(account: Json, number: str, event: str) -> Sequence[Told]:
    """How a creator's account stands now; each of these is a state of its own moment."""
    now = payee(account)
    data = {
        "payee": now.id,
        "can_charge": now.can_charge,
        "can_pay_out": now.can_pay_out,
        "due": list(now.due),
        "disabled_reason": now.disabled_reason,
    }
    return (Told(type="payee.updated", subject=now.id, became=f"updated:{event}", ref=ref_of(account), data=data),)


def account_gone(_: Json, number: str, event: str) -> Sequence[Told]:
    """A creator has cut the account off from the platform."""
    data = {
        "payee": number,
        "can_charge": False,
        "can_pay_out": False,
        "due": [],
        "disabled_reason": "deauthorized",
    }
    return (Told(type="payee.updated", subject=number, became=f"updated:{event}", data=data),)


def payout(found: Json, number: str, event: str) -> Sequence[Told]:
    """Money reached a creator's bank, or did not: a payout may fail after it was paid."""
    state = str(found["status"])
    if state not in {"paid", "failed", "canceled"}:
        return ()
    payout_id = ident(found["id"])
    data: dict[str, Any] = {"payout": payout_id, "payee": number} | _money(found)
    if state != "paid":
        data["code"] = str(found.get("failure_code") or state)
    type_ = "payout.paid" if state == "paid" else "payout.failed"
    return (Told(type=type_, subject=payout_id, became=state, ref=ref_of(found), data=data),)


AT_PLATFORM: Mapping[str, Callable[[Json], Sequence[Told]]] = {
    "checkout.session.completed": session_paid,
    "checkout.session.async_payment_succeeded": session_paid,
    "checkout.session.async_payment_failed": session_failed,
    "payment_intent.payment_failed": intent_failed,
    "invoice.paid": invoice_paid,
    "invoice.payment_failed": invoice_failed,
    "customer.subscription.deleted": subscription_ended,
    "customer.subscription.paused": subscription_paused,
    "refund.created": refund,
    "refund.updated": refund,
    "refund.failed": refund,
    "charge.dispute.created": dispute_opened,
    "charge.dispute.funds_withdrawn": dispute_opened,
    "charge.dispute.funds_reinstated": dispute_closed,
    "charge.dispute.closed": dispute_closed,
}
AT_CREATORS: Mapping[str, Callable[[Json, str, str], Sequence[Told]]] = {
    "account.updated": account_updated,
    "account.application.deauthorized": account_gone,
    "payout.paid": payout,
    "payout.failed": payout,
    "payout.canceled": payout,
}
