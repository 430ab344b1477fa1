"""Time passes: what falls due happens, each in a transaction of its own and in its order."""

from __future__ import annotations

from datetime import datetime, timedelta

from .checkouts import Checkouts
from .desk import Desk
from .errors import invalid
from .models import Checkout, Payment, Payout, Subscription
from .payees import Payees
from .returns import Returns
from .subscriptions import Subscriptions

LONGEST_STEP = timedelta(days=731)
_NEXT = """
select kind, id, due from (
  (select 'checkout' as kind, id, expires_at as due from payments_sandbox_checkout
   where state = 'open' order by expires_at limit 1)
  union all (select 'subscription', id, due_at from payments_sandbox_subscription
   where state <> 'ended' order by due_at limit 1)
  union all (select 'payout', id, arrives_at from payments_sandbox_payout
   where state = 'in_transit' order by arrives_at limit 1)
  union all (select 'dispute', id, dispute_at from payments_sandbox_payment
   where dispute_at is not null order by dispute_at limit 1)
) as waiting where due <= $1 order by due, id limit 1
"""


class Passing:
    """Does what is due, by itself and when the clock is moved on."""

    def __init__(
        self, desk: Desk, checkouts: Checkouts, subscriptions: Subscriptions, returns: Returns, payees: Payees
    ) -> None:
        self._desk = desk
        self._checkouts = checkouts
        self._subscriptions = subscriptions
        self._returns = returns
        self._payees = payees

    async def advance(self, by: timedelta) -> datetime:
        """Move the sandbox's clock on; returns its time. Raises Invalid for a step back and for a giant one."""
        if not timedelta(0) <= by <= LONGEST_STEP:
            raise invalid("The clock moves on, by two years at most; it never goes back.", "advance")
        async with self._desk.changing():
            state = await self._desk.state()
            state.ahead_s += int(by.total_seconds())
            await state.save()
        await self.tick()
        return await self._desk.now()

    async def tick(self) -> None:
        """Do all that is due by now."""
        until = await self._desk.now()
        while await self._step(until):
            pass

    async def _step(self, until: datetime) -> bool:
        """Do what is due first; False when nothing is."""
        async with self._desk.changing():
            rows = await self._desk.db.fetch(_NEXT, [until])
            if not rows:
                return False
            kind, number, due = rows[0]["kind"], rows[0]["id"], rows[0]["due"]
            if kind == "checkout":
                await self._checkouts.expire(await Checkout.get(id=number))
            elif kind == "subscription":
                await self._subscriptions.due(await Subscription.get(id=number), due)
            elif kind == "payout":
                await self._payees.arrive(await Payout.get(id=number), due)
            else:
                await self._returns.open(await Payment.get(id=number), due)
        return True
