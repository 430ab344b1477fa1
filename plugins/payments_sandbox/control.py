"""The operator's page: the clock, webhooks again and in any order, disputes, payees, codes, the books."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from aethex_live.domain.audit import Audit
from aethex_live.errors import Invalid, NotFound, Refusal
from aethex_live.web import Access, Form, allow, current_actor, page, read_form, redirect_to

from .books import totals
from .models import Dispute, Notice, Payee, Payment, Promo
from .parts import Parts
from .words import money

BASE = "/p/payments_sandbox/control"
SHOWN = 25
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
_CODE = re.compile(r"[A-Z0-9-]{3,40}")


class ClockForm(BaseModel):
    """How far the clock goes on."""

    step: Literal["hour", "day", "week", "month"]


class HoldForm(BaseModel):
    """Whether webhooks are kept back; in which order those that were are sent."""

    act: Literal["hold", "first", "last", "shuffled"]


class AgainForm(BaseModel):
    """How often an event is sent again."""

    times: int = Field(ge=1, le=20)


class DecisionForm(BaseModel):
    """What the bank says."""

    act: Literal["won", "lost"]


class PromoForm(BaseModel):
    """A new code."""

    code: str = Field(max_length=40)
    percent_off: int = Field(ge=1, le=100)


class Control:
    """Views for operators; what they do is audited."""

    def __init__(self, parts: Parts, audit: Audit) -> None:
        self._parts = parts
        self._audit = audit

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("payments_sandbox_control", __name__, url_prefix=BASE)
        routes.get("")(self.show)
        routes.post("/clock")(self.move_clock)
        routes.post("/hold")(self.hold)
        routes.post("/events/<event_id>")(self.send_again)
        routes.post("/payments/<payment_id>")(self.dispute)
        routes.post("/disputes/<dispute_id>")(self.decide)
        routes.post("/payees/<payee_id>")(self.ask_payee)
        routes.post("/codes")(self.add_code)
        routes.post("/codes/<code>")(self.switch_code)
        return routes

    @allow(Access.OPERATOR)
    async def show(self) -> Response:
        """All of it."""
        return await self._show()

    @allow(Access.OPERATOR)
    async def move_clock(self) -> Response:
        """Time goes on, and what falls due happens."""
        data = await _form(ClockForm)
        await self._note("clock.moved", "clock", {"step": data.step})
        await self._parts.passing.advance(STEPS[data.step])
        return redirect_to(BASE)

    @allow(Access.OPERATOR)
    async def hold(self) -> Response:
        """Keep webhooks back, or let them go."""
        data = await _form(HoldForm)
        async with self._parts.desk.changing():
            if data.act == "hold":
                await self._parts.post.hold()
            else:
                await self._parts.post.release(data.act)
            await self._note(f"webhooks.{data.act}", "webhooks")
        return redirect_to(BASE)

    @allow(Access.OPERATOR)
    async def send_again(self, event_id: str) -> Response:
        """A duplicate, or twenty."""
        data = await _form(AgainForm)
        async with self._parts.desk.changing():
            await self._parts.post.again(event_id, data.times)
            await self._note("event.sent_again", event_id, {"times": data.times})
        return redirect_to(BASE)

    @allow(Access.OPERATOR)
    async def dispute(self, payment_id: str) -> Response:
        """A cardholder wants the money back."""
        async with self._parts.desk.changing():
            await self._note("dispute.opened", await self._parts.returns.dispute(payment_id))
        return redirect_to(BASE)

    @allow(Access.OPERATOR)
    async def decide(self, dispute_id: str) -> Response:
        """The bank decides."""
        data = await _form(DecisionForm)
        async with self._parts.desk.changing():
            await self._parts.returns.decide(dispute_id, won=data.act == "won")
            await self._note(f"dispute.{data.act}", dispute_id)
        return redirect_to(BASE)

    @allow(Access.OPERATOR)
    async def ask_payee(self, payee_id: str) -> Response:
        """The vendor wants to know more of a creator."""
        async with self._parts.desk.changing():
            await self._parts.payees.ask_more(payee_id)
            await self._note("payee.asked", payee_id)
        return redirect_to(BASE)

    @allow(Access.OPERATOR)
    async def add_code(self) -> Response:
        """A code for the checkout."""
        form = await read_form(PromoForm)
        try:
            if form.data is not None:
                code = form.data.code.strip().upper()
                if not _CODE.fullmatch(code):
                    raise Invalid("A code has 3 to 40 letters, digits or dashes.", field="code")
                async with self._parts.desk.changing():
                    await Promo.update_or_create({"percent_off": form.data.percent_off, "active": True}, code=code)
                    await self._note("code.added", code)
                return redirect_to(BASE)
        except Refusal as refusal:
            form.refuse(refusal)
        return await self._show(form, 422)

    @allow(Access.OPERATOR)
    async def switch_code(self, code: str) -> Response:
        """Turn a code off, or on again."""
        async with self._parts.desk.changing():
            promo = await Promo.get_or_none(code=code[:40])
            if promo is None:
                raise NotFound("There is no such code.")
            promo.active = not promo.active
            await promo.save()
            await self._note("code.switched", promo.code)
        return redirect_to(BASE)

    async def _note(self, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        """Into the audit, in the transaction of the deed."""
        named = f"sandbox:{subject[:60]}"
        await self._audit.write(f"payments_sandbox.{action}", actor=current_actor(), subject=named, detail=detail)

    async def _show(self, form: Form[Any] | None = None, status: int = 200) -> Response:
        desk = self._parts.desk
        state, books = await desk.state(), await totals(desk.db)
        return await page(
            "payments_sandbox/control.html",
            status=status,
            area="admin",
            form=form or Form[Any](values={}),
            now=await desk.now(),
            ahead_days=state.ahead_s // 86_400,
            ahead_hours=state.ahead_s // 3600 % 24,
            holding=state.holding,
            held=await Notice.filter(held=True).count(),
            books=[(unit, [(name, money(sum_, unit)) for name, sum_ in held.items()]) for unit, held in books.items()],
            notices=await Notice.all().order_by("-number").limit(SHOWN),
            payments=[
                (row, money(row.amount, row.currency)) for row in await Payment.all().order_by("-id").limit(SHOWN)
            ],
            disputes=[
                (row, money(row.amount, row.currency)) for row in await Dispute.filter(state="open").order_by("-id")
            ],
            payees=await Payee.all().order_by("-id").limit(SHOWN),
            promos=await Promo.all().order_by("code"),
        )


async def _form(model: type[BaseModel]) -> Any:
    """The posted form. Raises Invalid with its first sentence."""
    form: Form[Any] = await read_form(model)
    if form.data is None:
        field, words = next(iter(form.errors.items()))
        raise Invalid(words, field=field)
    return form.data
