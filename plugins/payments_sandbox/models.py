"""Rows of payments_sandbox: the books of the pretend vendor. Ids are texts, as vendors have them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from aethex_live.db.rows import one_of


class Thing(Model):
    """What has an id such as `pay_0190…`; ids of a kind sort by the time at which they were made."""

    id = fields.CharField(max_length=60, primary_key=True)

    class Meta:
        abstract = True


class Customer(Thing):
    """Somebody who pays. `card` is the key of a sandbox card, never a number."""

    ref = fields.CharField(max_length=200, unique=True)
    email = fields.CharField(max_length=254, null=True)
    card = fields.CharField(max_length=24, default="", db_default="")
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_customer"


class Price(Thing):
    """A recurring price."""

    ref = fields.CharField(max_length=200)
    name = fields.CharField(max_length=250)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    every = fields.CharField(max_length=8)

    class Meta:
        table = "payments_sandbox_price"
        unique_together = (("ref", "amount", "currency", "every"),)
        constraints = (one_of("payments_sandbox_price", "every", "month", "year"),)


class Checkout(Thing):
    """A page on which somebody pays. `card` is set while their bank asks them (3-D)."""

    ref = fields.CharField(max_length=200)
    description = fields.CharField(max_length=250)
    success_url: str = fields.TextField()
    cancel_url: str = fields.TextField()
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    price_id = fields.CharField(max_length=60, null=True)
    customer_id = fields.CharField(max_length=60, null=True)
    email = fields.CharField(max_length=254, null=True)
    payee_id = fields.CharField(max_length=60, null=True)
    fee = fields.BigIntField(null=True)
    percent = fields.SmallIntField(null=True)
    promo = fields.BooleanField(default=False, db_default=False)
    promo_code = fields.CharField(max_length=40, null=True)
    discount = fields.BigIntField(default=0, db_default=0)
    card = fields.CharField(max_length=24, default="", db_default="")
    state = fields.CharField(max_length=12, default="open", db_default="open")
    payment_id = fields.CharField(max_length=60, null=True)
    subscription_id = fields.CharField(max_length=60, null=True)
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "payments_sandbox_checkout"
        constraints = (one_of("payments_sandbox_checkout", "state", "open", "complete", "expired"),)


class Payment(Thing):
    """A charge of a card, that went through or was declined; `share` of it is the payee's.

    `reversed_gross` is how much of it was refunded with the payee's part taken back.
    """

    ref = fields.CharField(max_length=200)
    checkout_id = fields.CharField(max_length=60, null=True)
    subscription_id = fields.CharField(max_length=60, null=True, db_index=True)
    customer_id = fields.CharField(max_length=60, null=True)
    payee_id = fields.CharField(max_length=60, null=True)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    share = fields.BigIntField(default=0, db_default=0)
    refunded = fields.BigIntField(default=0, db_default=0)
    reversed_gross = fields.BigIntField(default=0, db_default=0)
    state = fields.CharField(max_length=12)
    code = fields.CharField(max_length=40, default="", db_default="")
    dispute = fields.CharField(max_length=8, default="", db_default="")
    dispute_at: datetime | None = fields.DatetimeField(null=True, db_index=True)
    created_at: datetime = fields.DatetimeField()
    available_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_payment"
        constraints = (
            one_of("payments_sandbox_payment", "state", "succeeded", "failed"),
            one_of("payments_sandbox_payment", "dispute", "", "open", "won", "lost"),
            CheckConstraint(
                check='"share" between 0 and "amount" and "refunded" between 0 and "amount" '
                'and "reversed_gross" between 0 and "refunded"',
                name="payments_sandbox_payment_parts",
            ),
        )


class Subscription(Thing):
    """Something paid again and again; `due_at` is the next renewal or try. Months count from `anchor`."""

    ref = fields.CharField(max_length=200)
    customer_id = fields.CharField(max_length=60, db_index=True)
    price_id = fields.CharField(max_length=60)
    payee_id = fields.CharField(max_length=60, null=True)
    percent = fields.SmallIntField(null=True)
    state = fields.CharField(max_length=12)
    anchor: datetime = fields.DatetimeField()
    periods = fields.IntField(default=0, db_default=0)
    tries = fields.SmallIntField(default=0, db_default=0)
    paid_until: datetime = fields.DatetimeField()
    due_at: datetime = fields.DatetimeField(db_index=True)
    ends_at_period_end = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "payments_sandbox_subscription"
        constraints = (one_of("payments_sandbox_subscription", "state", "active", "past_due", "ended"),)


class Refund(Thing):
    """Money given back, `share_back` of it by the payee."""

    payment_id = fields.CharField(max_length=60, db_index=True)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    share_back = fields.BigIntField(default=0, db_default=0)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_refund"


class Dispute(Thing):
    """Money that a cardholder wants back from the bank."""

    payment_id = fields.CharField(max_length=60, db_index=True)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=8, default="open", db_default="open")
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_dispute"
        constraints = (one_of("payments_sandbox_dispute", "state", "open", "won", "lost"),)


class Payee(Thing):
    """A creator's account. `bank` says what becomes of payouts: good, fails, or empty while none is known."""

    ref = fields.CharField(max_length=200)
    country = fields.CharField(max_length=2)
    email = fields.CharField(max_length=254)
    bank = fields.CharField(max_length=8, default="", db_default="")
    can_charge = fields.BooleanField(default=False, db_default=False)
    can_pay_out = fields.BooleanField(default=False, db_default=False)
    due: list[str] = fields.JSONField(default=list)
    disabled_reason = fields.CharField(max_length=60, null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_payee"


class Payout(Thing):
    """Money on its way to a creator's bank."""

    payee_id = fields.CharField(max_length=60, db_index=True)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    state = fields.CharField(max_length=12, default="in_transit", db_default="in_transit")
    arrives_at: datetime = fields.DatetimeField(db_index=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_payout"
        constraints = (one_of("payments_sandbox_payout", "state", "in_transit", "paid", "failed"),)


class Promo(Model):
    """A code that makes a first payment smaller."""

    code = fields.CharField(max_length=40, primary_key=True)
    percent_off = fields.SmallIntField()
    uses = fields.IntField(default=0, db_default=0)
    active = fields.BooleanField(default=True, db_default=True)

    class Meta:
        table = "payments_sandbox_promo"
        constraints = (CheckConstraint(check='"percent_off" between 1 and 100', name="payments_sandbox_promo_percent"),)


class Entry(Model):
    """One line of the books; the lines of a `fact` sum to nothing in each currency. Never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    fact = fields.CharField(max_length=120, db_index=True)
    account = fields.CharField(max_length=80)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    at: datetime = fields.DatetimeField()
    available_at: datetime = fields.DatetimeField()

    class Meta:
        table = "payments_sandbox_entry"
        indexes = (Index(fields=("account", "currency"), name="payments_sandbox_entry_account"),)


class Key(Model):
    """An idempotency key with what was asked (a digest) and what came of it."""

    id = fields.CharField(max_length=240, primary_key=True)
    said = fields.CharField(max_length=64)
    result = fields.CharField(max_length=60)

    class Meta:
        table = "payments_sandbox_key"


class Link(Model):
    """An address for one person: the portal of a customer, the onboarding of a payee (once)."""

    token = fields.CharField(max_length=64, primary_key=True)
    kind = fields.CharField(max_length=12)
    subject = fields.CharField(max_length=60)
    return_url: str = fields.TextField()
    refresh_url: str = fields.TextField(default="")
    expires_at: datetime = fields.DatetimeField()
    used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "payments_sandbox_link"


class Notice(Model):
    """An event that is told by webhook; `number` is their order."""

    number = fields.BigIntField(primary_key=True, generated=True)
    event_id = fields.CharField(max_length=60, unique=True)
    type = fields.CharField(max_length=40)
    subject = fields.CharField(max_length=60)
    ref = fields.CharField(max_length=200, null=True)
    data: dict[str, Any] = fields.JSONField(default=dict)
    occurred_at: datetime = fields.DatetimeField()
    held = fields.BooleanField(default=False, db_default=False)
    sends = fields.IntField(default=0, db_default=0)
    arrived = fields.IntField(default=0, db_default=0)
    answer = fields.CharField(max_length=200, default="", db_default="")

    class Meta:
        table = "payments_sandbox_notice"


class State(Model):
    """The one row about the sandbox itself: how far its clock is ahead, whether webhooks are held back."""

    id = fields.SmallIntField(primary_key=True)
    ahead_s = fields.BigIntField(default=0, db_default=0)
    holding = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "payments_sandbox_state"
