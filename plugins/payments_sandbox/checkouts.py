"""Checkouts: what is to be paid, the card that is typed, the bank that asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, cast

from aethex_live.errors import Conflict as Refused
from aethex_live.errors import Invalid as NotTaken
from aethex_live.errors import NotFound as NoPage
from aethex_live.providers import payments as contract
from aethex_live.providers.payment_checks import check_checkout
from aethex_live.providers.payments import CheckoutSpec, Money

from .cards import ASKS, BY_KEY, OK, SENTENCES, Card
from .charges import Order, charge, payment_data
from .desk import Desk, new_id
from .errors import NAME, conflict, invalid, missing
from .models import Checkout, Customer, Payee, Payment, Price, Promo
from .subscriptions import Subscriptions

Status = Literal["open", "complete", "expired"]
LIVES = timedelta(hours=24)
OPERATION = "create_checkout"


class Checkouts:
    """Making checkouts, and what happens on their pages."""

    def __init__(self, desk: Desk, subscriptions: Subscriptions) -> None:
        self._desk = desk
        self._subscriptions = subscriptions

    async def create(self, spec: CheckoutSpec, key: str) -> Checkout:
        """A new checkout, or the one of this key."""
        check_checkout(spec, NAME)

        async def make() -> str:
            return (await self._make(spec)).id

        return await Checkout.get(id=await self._desk.once(OPERATION, key, (spec, spec.email), make))

    async def _make(self, spec: CheckoutSpec) -> Checkout:
        now, split = await self._desk.now(), spec.split
        money = spec.amount or await _price_of(spec.price or "")
        if spec.customer is not None and not await Customer.exists(id=spec.customer):
            raise invalid("The sandbox has no such customer.", OPERATION)
        if split is not None:
            await _check_payee(split.payee)
        return await Checkout.create(
            id=new_id("co"),
            ref=spec.ref,
            description=spec.description,
            success_url=spec.success_url,
            cancel_url=spec.cancel_url,
            amount=money.amount,
            currency=money.currency,
            price_id=spec.price,
            customer_id=spec.customer,
            email=spec.email,
            payee_id=split.payee if split else None,
            fee=split.fee.amount if split and split.fee else None,
            percent=split.percent if split else None,
            promo=spec.promo,
            created_at=now,
            expires_at=now + LIVES,
        )

    async def get(self, checkout_id: str) -> Checkout:
        """A checkout. Raises NotFound."""
        self._desk.db.bind()
        checkout = await Checkout.get_or_none(id=checkout_id)
        if checkout is None:
            raise missing("checkout", "get_checkout")
        return checkout

    async def of_page(self, checkout_id: str) -> Checkout:
        """The checkout of a page. Raises NotFound, as pages show it."""
        self._desk.db.bind()
        checkout = await Checkout.get_or_none(id=checkout_id)
        if checkout is None:
            raise NoPage("There is no such checkout. Go back to the site and begin again.")
        return checkout

    async def use_code(self, checkout_id: str, code: str) -> None:
        """Make the payment smaller. Raises Invalid about `code`."""
        async with self._desk.changing():
            checkout = await self._open(checkout_id)
            promo = await Promo.get_or_none(code=code.strip().upper(), active=True)
            if promo is None or not checkout.promo:
                raise NotTaken("This code is not known, or is over.", field="code")
            checkout.promo_code, checkout.discount = promo.code, checkout.amount * promo.percent_off // 100
            await checkout.save()

    async def pay(self, checkout_id: str, card: Card) -> str:
        """Charge the typed card: OK, ASKS when its bank has to be asked, or why it is declined."""
        async with self._desk.changing():
            checkout = await self._open(checkout_id)
            if card.code == ASKS:
                checkout.card = card.key
                await checkout.save()
                return ASKS
            return await self._charge(checkout, card, card.code)

    async def answer_bank(self, checkout_id: str, *, yes: bool) -> str:
        """What the cardholder told their bank: OK, or why nothing was paid."""
        async with self._desk.changing():
            checkout = await self._open(checkout_id)
            card = BY_KEY.get(checkout.card)
            if card is None:
                raise Refused("The bank has not asked anything. Type the card again.")
            checkout.card = ""
            return await self._charge(checkout, card, OK if yes else "authentication_failed")

    async def expire(self, checkout: Checkout) -> None:
        """Its time is over; in the caller's transaction."""
        checkout.state = "expired"
        await checkout.save()

    async def _charge(self, checkout: Checkout, card: Card, code: str) -> str:
        now = await self._desk.now()
        order = Order(
            ref=checkout.ref,
            money=Money(checkout.amount - checkout.discount, checkout.currency),
            payee_id=checkout.payee_id,
            fee=checkout.fee,
            percent=checkout.percent,
            customer_id=checkout.customer_id,
            checkout_id=checkout.id,
        )
        if code != OK:
            await self._declined(await charge(order, card, code, now), now)
        elif checkout.price_id is not None:
            await self._begin(checkout, order, card, now)
        else:
            await self._paid(checkout, await charge(order, card, OK, now), now)
        await checkout.save()
        return code

    async def _begin(self, checkout: Checkout, order: Order, card: Card, now: datetime) -> None:
        customer = await self._customer_of(checkout, now)
        customer.card = card.key
        await customer.save()
        subscription = await self._subscriptions.begin(order, checkout, customer.id, card, now)
        checkout.customer_id, checkout.subscription_id = customer.id, subscription.id
        await _complete(checkout)

    async def _customer_of(self, checkout: Checkout, now: datetime) -> Customer:
        if checkout.customer_id is not None:
            return await Customer.get(id=checkout.customer_id)
        return await Customer.create(
            id=new_id("cus"), ref=f"checkout:{checkout.id}", email=checkout.email, created_at=now
        )

    async def _paid(self, checkout: Checkout, payment: Payment, now: datetime) -> None:
        checkout.payment_id = payment.id
        await _complete(checkout)
        await self._desk.tell(
            "payment.completed", payment.id, "completed", payment_data(payment), at=now, ref=payment.ref
        )

    async def _declined(self, payment: Payment, now: datetime) -> None:
        data = payment_data(payment) | {"code": payment.code}
        await self._desk.tell("payment.failed", payment.id, "failed", data, at=now, ref=payment.ref)

    async def _open(self, checkout_id: str) -> Checkout:
        """The checkout, while it can be paid. Raises Conflict with what became of it."""
        checkout = await self.of_page(checkout_id)
        if checkout.state == "complete":
            raise Refused("This is paid already; nothing was taken again.")
        if checkout.state == "expired" or checkout.expires_at <= await self._desk.now():
            raise Refused("This page is over. Go back to the site and begin again.")
        return checkout


async def _complete(checkout: Checkout) -> None:
    checkout.state = "complete"
    if checkout.promo_code is not None:
        promo = await Promo.get(code=checkout.promo_code)
        promo.uses += 1
        await promo.save()


async def _price_of(price_id: str) -> Money:
    price = await Price.get_or_none(id=price_id)
    if price is None:
        raise invalid("The sandbox has no such price.", OPERATION)
    return Money(price.amount, price.currency)


async def _check_payee(payee_id: str) -> None:
    payee = await Payee.get_or_none(id=payee_id)
    if payee is None:
        raise invalid("The sandbox has no such payee.", OPERATION)
    if not payee.can_charge:
        raise conflict("The payee can't take payments before everything due is given.", OPERATION, "payee_not_ready")


def shown(checkout: Checkout, page: str) -> contract.Checkout:
    """A checkout in the contract's words."""
    return contract.Checkout(
        id=checkout.id,
        url=page,
        status=cast("Status", checkout.state),
        expires_at=checkout.expires_at,
        payment=checkout.payment_id,
        subscription=checkout.subscription_id,
    )


def sentence(code: str) -> str:
    """Why a card was not charged, as the page says it."""
    return SENTENCES.get(code, SENTENCES["card_declined"])
