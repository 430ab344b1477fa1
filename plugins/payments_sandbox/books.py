"""The books: every movement of money is lines that sum to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aethex_live.db import Database
from aethex_live.providers.payments import Balance

from .models import Entry

CUSTOMERS = "customers"  # what people paid in is below zero here
PLATFORM = "platform"
DISPUTES = "disputes"  # held back by banks
TRANSIT = "transit"  # on its way to creators' banks
BANKS = "banks"  # arrived there
_BALANCE = """
select currency, coalesce(sum(amount) filter (where available_at <= $2), 0)::bigint as available,
  coalesce(sum(amount) filter (where available_at > $2), 0)::bigint as pending
from payments_sandbox_entry where account = $1 group by currency order by currency
"""


@dataclass(frozen=True, slots=True)
class Line:
    """So much to an account (below zero: from it), at its disposal from a moment on."""

    account: str
    amount: int
    available_at: datetime | None = None


def payee_account(payee_id: str) -> str:
    """The account of a payee."""
    return f"payee:{payee_id}"


async def book(fact: str, currency: str, at: datetime, *lines: Line) -> None:
    """Write the lines of a movement. Raises AssertionError for lines that don't sum to nothing."""
    assert sum(line.amount for line in lines) == 0, f"the lines of {fact} don't balance"
    rows = [
        Entry(
            fact=fact,
            account=line.account,
            amount=line.amount,
            currency=currency,
            at=at,
            available_at=line.available_at or at,
        )
        for line in lines
        if line.amount
    ]
    if rows:
        await Entry.bulk_create(rows)


async def balance(db: Database, account: str, now: datetime) -> Balance:
    """What an account holds, by currency."""
    rows = await db.fetch(_BALANCE, [account, now])
    return Balance(
        available={row["currency"]: row["available"] for row in rows},
        pending={row["currency"]: row["pending"] for row in rows if row["pending"]},
    )


async def totals(db: Database) -> dict[str, dict[str, int]]:
    """Sums by currency and account, all payees in one: what the operator's page shows and the tests add up."""
    rows = await db.fetch(
        "select currency, case when account like 'payee:%' then 'payees' else account end as name, "
        "sum(amount)::bigint as held from payments_sandbox_entry group by 1, 2 order by 1, 2"
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["currency"], {})[row["name"]] = row["held"]
    return found


def share_of(amount: int, fee: int | None, percent: int | None) -> int:
    """The payee's part of a payment."""
    return amount - (fee or 0) if percent is None else amount - amount * percent // 100


def back_of(share: int, gross: int, before: int, more: int) -> int:
    """What a payee gives back of `share` when `more` of `gross` is refunded after `before`: all in all exactly it."""
    return share * (before + more) // gross - share * before // gross
