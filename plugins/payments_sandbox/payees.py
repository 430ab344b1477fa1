"""Payees: creators with accounts, what they owe, what they hold, what they draw."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from aethex_live.errors import Invalid as NotTaken
from aethex_live.errors import NotFound as NoPage
from aethex_live.providers import payments as contract
from aethex_live.providers.payment_checks import LONGEST_REF, check_money
from aethex_live.providers.payments import Balance, Money

from .books import BANKS, TRANSIT, Line, balance, book, payee_account
from .desk import Desk, new_id
from .errors import NAME, conflict, invalid, missing
from .models import Payee, Payout

FIRST_DUE = ("name", "birthday", "bank_account")
TRAVELS = timedelta(days=1)
GOOD_BANK, BAD_BANK = "000123456789", "000111111116"
_COUNTRY = re.compile(r"[A-Z]{2}")


class Payees:
    """Accounts of creators."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def create(self, ref: str, country: str, email: str, key: str) -> Payee:
        """A new account, or the one of this key."""
        if not _COUNTRY.fullmatch(country):
            raise invalid("A country is two capital letters, as in DE.", "create_payee")
        if not 0 < len(ref) <= LONGEST_REF or not 0 < len(email) <= 254:
            raise invalid("A payee has a reference and an e-mail address.", "create_payee")

        async def make() -> str:
            now = await self._desk.now()
            row = await Payee.create(
                id=new_id("acct"), ref=ref, country=country, email=email, due=list(FIRST_DUE), created_at=now
            )
            return row.id

        return await Payee.get(id=await self._desk.once("create_payee", key, (ref, country, email), make))

    async def get(self, payee_id: str, operation: str) -> Payee:
        """One. Raises NotFound."""
        self._desk.db.bind()
        row = await Payee.get_or_none(id=payee_id)
        if row is None:
            raise missing("payee", operation)
        return row

    async def onboard(self, payee_id: str, name: str, birthday: str, bank: str) -> None:
        """The creator gives what is due; all of it counts at once. Raises Invalid about a field."""
        if not name.strip():
            raise NotTaken("Type any name.", field="name")
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", birthday.strip()):
            raise NotTaken("Type a day as in 1990-12-31; any will do.", field="birthday")
        if bank.replace(" ", "") not in {GOOD_BANK, BAD_BANK}:
            raise NotTaken("Use one of the accounts below; this is a sandbox.", field="bank")
        async with self._desk.changing():
            row = await self.get(payee_id, "onboarding")
            row.bank = "good" if bank.replace(" ", "") == GOOD_BANK else "fails"
            row.can_charge = row.can_pay_out = True
            row.due, row.disabled_reason = [], None
            await self._changed(row)

    async def ask_more(self, payee_id: str) -> None:
        """The vendor wants to see a document; payouts rest until then."""
        async with self._desk.changing():
            row = await Payee.get_or_none(id=payee_id)
            if row is None:
                raise NoPage("There is no such payee.")
            row.due, row.can_pay_out = ["identity_document"], False
            row.disabled_reason = "requirements.past_due"
            await self._changed(row)

    async def balance(self, payee_id: str) -> Balance:
        """The payee's money. Raises NotFound."""
        await self.get(payee_id, "balance")
        return await balance(self._desk.db, payee_account(payee_id), await self._desk.now())

    async def pay_out(self, payee_id: str, amount: Money, key: str) -> str:
        """Send money to the bank; the payout's id. Raises Conflict beyond what is available."""
        check_money(amount, NAME, "pay_out")

        async def make() -> str:
            return await self._pay_out(payee_id, amount)

        return await self._desk.once("pay_out", key, (payee_id, amount), make)

    async def _pay_out(self, payee_id: str, amount: Money) -> str:
        payee, now = await self.get(payee_id, "pay_out"), await self._desk.now()
        if not payee.can_pay_out:
            raise conflict("The payee owes the sandbox answers; payouts rest until then.", "pay_out", "payouts_off")
        held = await balance(self._desk.db, payee_account(payee_id), now)
        if held.available.get(amount.currency, 0) < amount.amount:
            raise conflict("The payee has less than that at their disposal.", "pay_out", "balance_insufficient")
        row = await Payout.create(
            id=new_id("po"),
            payee_id=payee_id,
            amount=amount.amount,
            currency=amount.currency,
            arrives_at=now + TRAVELS,
            created_at=now,
        )
        account = payee_account(payee_id)
        await book(f"{row.id}:sent", row.currency, now, Line(account, -row.amount), Line(TRANSIT, row.amount))
        return row.id

    async def arrive(self, row: Payout, at: datetime) -> None:
        """A payout reaches the bank, or comes back from it; in the caller's transaction."""
        payee = await Payee.get(id=row.payee_id)
        row.state = "paid" if payee.bank == "good" else "failed"
        await row.save()
        to = BANKS if row.state == "paid" else payee_account(row.payee_id)
        await book(f"{row.id}:{row.state}", row.currency, at, Line(TRANSIT, -row.amount), Line(to, row.amount))
        data: dict[str, Any] = {"payout": row.id, "payee": payee.id, "amount": row.amount, "currency": row.currency}
        if row.state == "failed":
            data["code"] = "account_closed"
        await self._desk.tell(f"payout.{row.state}", row.id, row.state, data, at=at, ref=payee.ref)

    async def _changed(self, row: Payee) -> None:
        await row.save()
        now = await self._desk.now()
        data = {"payee": row.id, "can_charge": row.can_charge, "can_pay_out": row.can_pay_out, "due": row.due}
        told = data | {"disabled_reason": row.disabled_reason}
        await self._desk.tell("payee.updated", row.id, f"updated:{new_id('at')}", told, at=now, ref=row.ref)


def shown(row: Payee) -> contract.Payee:
    """A payee in the contract's words."""
    return contract.Payee(
        id=row.id,
        can_charge=row.can_charge,
        can_pay_out=row.can_pay_out,
        due=tuple(row.due),
        disabled_reason=row.disabled_reason,
    )
