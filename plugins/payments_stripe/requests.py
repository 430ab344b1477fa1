"""What is asked of Stripe: the parameters of its calls."""

from __future__ import annotations

import hashlib
from typing import Any

from aethex_live.providers.payments import CheckoutSpec, Money

from .currencies import to_stripe

Params = dict[str, Any]


def session(spec: CheckoutSpec, *, automatic_tax: bool) -> Params:
    """A Checkout session. Our reference stands on it and on what it makes: later events carry only the latter."""
    params: Params = {
        "mode": "subscription" if spec.amount is None else "payment",
        "client_reference_id": spec.ref,
        "metadata": {"ref": spec.ref},
        "success_url": spec.success_url,
        "cancel_url": spec.cancel_url,
    }
    if spec.customer is not None:
        params["customer"] = spec.customer
    if spec.email is not None:
        params["customer_email"] = spec.email
    if spec.promo:
        params["allow_promotion_codes"] = True
    if automatic_tax:
        params["automatic_tax"] = {"enabled": True}
        if spec.customer is not None:
            params["customer_update"] = {"address": "auto"}  # without an address there is no tax
    if spec.amount is not None:
        return params | _payment(spec, spec.amount)
    return params | _subscription(spec)


def _payment(spec: CheckoutSpec, amount: Money) -> Params:
    price = {
        "currency": amount.currency,
        "unit_amount": to_stripe(amount, "create_checkout"),
        "product_data": {"name": spec.description},
    }
    intent: Params = {"metadata": {"ref": spec.ref}, "description": spec.description, "transfer_group": spec.ref}
    if spec.split is not None:
        intent["transfer_data"] = {"destination": spec.split.payee}
        if spec.split.fee is not None:
            intent["application_fee_amount"] = to_stripe(spec.split.fee, "create_checkout")
    return {"line_items": [{"price_data": price, "quantity": 1}], "payment_intent_data": intent}


def _subscription(spec: CheckoutSpec) -> Params:
    data: Params = {"metadata": {"ref": spec.ref}, "description": spec.description}
    if spec.split is not None:
        data["transfer_data"] = {"destination": spec.split.payee}
        if spec.split.percent is not None:
            data["application_fee_percent"] = spec.split.percent
    return {"line_items": [{"price": spec.price, "quantity": 1}], "subscription_data": data}


def price(ref: str, name: str, money: Money, every: str) -> Params:
    """A recurring price, found again by `lookup_key`."""
    return {
        "currency": money.currency,
        "unit_amount": to_stripe(money, "ensure_price"),
        "recurring": {"interval": every},
        "product_data": {"name": name, "metadata": {"ref": ref}},
        "lookup_key": lookup_key(ref, money, every),
        "metadata": {"ref": ref},
    }


def lookup_key(ref: str, money: Money, every: str) -> str:
    """The same for the same reference, amount and rhythm."""
    return f"aethex:{digest(ref, money.amount, money.currency, every)}"


def account(ref: str, country: str, email: str) -> Params:
    """A creator's account; money waits there until it is drawn."""
    return {
        "type": "express",
        "country": country,
        "email": email,
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": {"ref": ref},
    }


def digest(*parts: object) -> str:
    """32 hex digits of some parts, for keys that must be short."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
