"""Pages below /p/payments_sandbox/: checkout, a customer's portal, a payee's onboarding. None needs JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live.errors import Conflict, Refusal
from aethex_live.web import Access, Form, allow, limit, page, read_form, redirect_to

from .cards import ASKS, CARDS, OK, card_of, spaced
from .checkouts import sentence
from .links import ONBOARDING, PORTAL
from .models import Checkout, Link, Price, Subscription
from .parts import Parts
from .payees import BAD_BANK, GOOD_BANK
from .words import money

BASE = "/p/payments_sandbox"
OFTEN = (60, timedelta(minutes=1))


class CardForm(BaseModel):
    """A card as it is typed; never kept, never shown again."""

    number: str = Field(max_length=40)
    expiry: str = Field(max_length=12)
    cvc: str = Field(max_length=6)


class CodeForm(BaseModel):
    """A code that makes it cheaper."""

    code: str = Field(max_length=40)


class AnswerForm(BaseModel):
    """What the cardholder tells the bank."""

    answer: str = Field(max_length=10)


class OnboardingForm(BaseModel):
    """What a creator owes."""

    name: str = Field(max_length=100)
    birthday: str = Field(max_length=20)
    bank: str = Field(max_length=40)


class ActForm(BaseModel):
    """What is to be done with a subscription."""

    act: str = Field(max_length=10)


class Pages:
    """Views; who has the address may use the page, as at any vendor."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("payments_sandbox", __name__, url_prefix=BASE)
        routes.get("/pay/<checkout_id>")(self.checkout)
        routes.post("/pay/<checkout_id>")(self.pay)
        routes.post("/pay/<checkout_id>/code")(self.use_code)
        routes.get("/pay/<checkout_id>/bank")(self.bank)
        routes.post("/pay/<checkout_id>/bank")(self.answer_bank)
        routes.get("/portal/<token>")(self.portal)
        routes.post("/portal/<token>/card")(self.change_card)
        routes.post("/portal/<token>/subscriptions/<subscription_id>")(self.act_on_subscription)
        routes.get("/onboarding/<token>")(self.onboarding)
        routes.post("/onboarding/<token>")(self.onboard)
        return routes

    # --- paying

    @allow(Access.PUBLIC)
    async def checkout(self, checkout_id: str) -> Response:
        """What is to be paid, and the form for the card."""
        return await self._show_checkout(await self._parts.checkouts.of_page(checkout_id))

    @allow(Access.PUBLIC)
    async def pay(self, checkout_id: str) -> Response:
        """Charge the card, and go back to the site when it is paid."""
        await limit("payments_sandbox", *OFTEN)
        checkout = await self._parts.checkouts.of_page(checkout_id)
        form = await _typed(CardForm)
        if form.data is None:
            return await self._show_checkout(checkout, form, 422)
        try:
            now = await self._parts.desk.now()
            card = card_of(form.data.number, form.data.expiry, form.data.cvc, now)
            code = await self._parts.checkouts.pay(checkout_id, card)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_checkout(checkout, form, refusal.status)
        return await self._go_on(checkout, form, code)

    async def _go_on(self, checkout: Checkout, form: Form[Any], code: str) -> Response:
        if code == OK:
            return redirect_to(checkout.success_url)
        if code == ASKS:
            return redirect_to(f"{BASE}/pay/{checkout.id}/bank")
        form.refuse(Conflict(sentence(code)))
        return await self._show_checkout(checkout, form, 402)

    @allow(Access.PUBLIC)
    async def use_code(self, checkout_id: str) -> Response:
        """Take a code."""
        await limit("payments_sandbox", *OFTEN)
        checkout = await self._parts.checkouts.of_page(checkout_id)
        form = await read_form(CodeForm)
        if form.data is None:
            return await self._show_checkout(checkout, form, 422)
        try:
            await self._parts.checkouts.use_code(checkout_id, form.data.code)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_checkout(checkout, form, refusal.status)
        return redirect_to(f"{BASE}/pay/{checkout_id}")

    async def _show_checkout(self, checkout: Checkout, form: Form[Any] | None = None, status: int = 200) -> Response:
        price = await Price.get_or_none(id=checkout.price_id) if checkout.price_id else None
        over = checkout.state == "open" and checkout.expires_at <= await self._parts.desk.now()
        return await page(
            "payments_sandbox/checkout.html",
            status=status,
            area="plain",
            form=form or Form[Any](values={}),
            checkout=checkout,
            state="expired" if over else checkout.state,
            every=price.every if price else "",
            asked=money(checkout.amount, checkout.currency),
            less=money(checkout.discount, checkout.currency) if checkout.discount else "",
            total=money(checkout.amount - checkout.discount, checkout.currency),
            cards=_cards(),
        )

    @allow(Access.PUBLIC)
    async def bank(self, checkout_id: str) -> Response:
        """The bank asks its customer."""
        checkout = await self._parts.checkouts.of_page(checkout_id)
        if not checkout.card or checkout.state != "open":
            return redirect_to(f"{BASE}/pay/{checkout_id}")
        total = money(checkout.amount - checkout.discount, checkout.currency)
        return await page("payments_sandbox/bank.html", area="plain", checkout=checkout, total=total)

    @allow(Access.PUBLIC)
    async def answer_bank(self, checkout_id: str) -> Response:
        """What the customer said."""
        await limit("payments_sandbox", *OFTEN)
        checkout = await self._parts.checkouts.of_page(checkout_id)
        form = await read_form(AnswerForm)
        if form.data is None:
            return await self._show_checkout(checkout, form, 422)
        try:
            code = await self._parts.checkouts.answer_bank(checkout_id, yes=form.data.answer == "yes")
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_checkout(checkout, form, refusal.status)
        return await self._go_on(checkout, form, code)

    # --- the customer's page

    @allow(Access.PUBLIC)
    async def portal(self, token: str) -> Response:
        """Subscriptions and the card."""
        return await self._show_portal(await self._parts.links.open(PORTAL, token))

    @allow(Access.PUBLIC)
    async def change_card(self, token: str) -> Response:
        """Another card from now on."""
        await limit("payments_sandbox", *OFTEN)
        link = await self._parts.links.open(PORTAL, token)
        form = await _typed(CardForm)
        if form.data is None:
            return await self._show_portal(link, form, 422)
        try:
            now = await self._parts.desk.now()
            card = card_of(form.data.number, form.data.expiry, form.data.cvc, now)
            await self._parts.subscriptions.change_card(link.subject, card)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_portal(link, form, refusal.status)
        return redirect_to(f"{BASE}/portal/{token}")

    @allow(Access.PUBLIC)
    async def act_on_subscription(self, token: str, subscription_id: str) -> Response:
        """Cancel at the end of the period, or take that back."""
        await limit("payments_sandbox", *OFTEN)
        link = await self._parts.links.open(PORTAL, token)
        form = await read_form(ActForm)
        if form.data is not None and form.data.act == "resume":
            await self._parts.subscriptions.resume(subscription_id, link.subject)
        elif form.data is not None:
            await self._parts.subscriptions.cancel_of(subscription_id, link.subject)
        return redirect_to(f"{BASE}/portal/{token}")

    async def _show_portal(self, link: Link, form: Form[Any] | None = None, status: int = 200) -> Response:
        rows = await Subscription.filter(customer_id=link.subject).order_by("-id")
        return await page(
            "payments_sandbox/portal.html",
            status=status,
            area="plain",
            form=form or Form[Any](values={}),
            link=link,
            subscriptions=[await _shown(row) for row in rows],
            cards=_cards(),
        )

    # --- the creator's page

    @allow(Access.PUBLIC)
    async def onboarding(self, token: str) -> Response:
        """What is due; an address that holds no more leads back to the site for a new one."""
        link, holds = await self._parts.links.get(ONBOARDING, token)
        return await self._show_onboarding(link) if holds else redirect_to(link.refresh_url)

    @allow(Access.PUBLIC)
    async def onboard(self, token: str) -> Response:
        """Take it."""
        await limit("payments_sandbox", *OFTEN)
        link, holds = await self._parts.links.get(ONBOARDING, token)
        if not holds:
            return redirect_to(link.refresh_url)
        form = await read_form(OnboardingForm)
        if form.data is None:
            return await self._show_onboarding(link, form, 422)
        data = form.data
        try:
            await self._parts.payees.onboard(link.subject, data.name, data.birthday, data.bank)
        except Refusal as refusal:
            form.refuse(refusal)
            return await self._show_onboarding(link, form, refusal.status)
        await self._parts.links.use(link)
        return redirect_to(link.return_url)

    async def _show_onboarding(self, link: Link, form: Form[Any] | None = None, status: int = 200) -> Response:
        payee = await self._parts.payees.get(link.subject, "onboarding")
        return await page(
            "payments_sandbox/onboarding.html",
            status=status,
            area="plain",
            form=form or Form[Any](values={}),
            link=link,
            payee=payee,
            due=[due.replace("_", " ") for due in payee.due],
            banks=((GOOD_BANK, True), (BAD_BANK, False)),
        )


async def _typed(model: type[BaseModel]) -> Form[Any]:
    """A posted card; what was typed does not go back to the page."""
    form: Form[Any] = await read_form(model)
    form.values = {}
    return form


def _cards() -> list[tuple[str, str]]:
    return [(spaced(card.number), card.title) for card in CARDS]


async def _shown(row: Subscription) -> Mapping[str, Any]:
    price = await Price.get(id=row.price_id)
    return {"row": row, "name": price.name, "price": money(price.amount, price.currency), "every": price.every}
