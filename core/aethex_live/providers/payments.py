"""Contract of a payment provider. Provisional: final with the first payment plugin, so nothing may rely on it yet."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


class PayCap(enum.StrEnum):
    """What a payment provider can do."""

    SUBSCRIPTIONS = "subscriptions"
    ONE_OFF = "one_off"
    PAYEES = "payees"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents; whole units for currencies without them), lower-case ISO 4217 currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSpec:
    """A one-off payment to be made; `ref` is our order's id and comes back in events."""

    ref: str
    amount: Money
    description: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A page of the provider on which somebody pays."""

    id: str
    url: str


@runtime_checkable
class PaymentProvider(Protocol):
    """Takes payments."""

    name: str
    capabilities: frozenset[PayCap]

    async def create_checkout(self, spec: CheckoutSpec, *, idempotency_key: str) -> Checkout:
        """ONE_OFF: begin a payment; the same key gives the same checkout."""
        ...

    async def aclose(self) -> None:
        """Give connections back; called once, at the end."""
        ...
