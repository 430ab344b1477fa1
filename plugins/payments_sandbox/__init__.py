"""payments_sandbox: a pretend payment vendor inside the site, for developers, demos and tests. No real money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from quart import Blueprint, request

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.hookspecs.web import Slot, SlotContribution
from aethex_live.jobs import OutboxHandler, Schedule
from aethex_live.providers import Offer
from aethex_live.providers.payments import PaymentProvider

from .control import Control
from .pages import Pages
from .parts import Parts, base_of
from .service import SandboxPayments
from .settings import PaymentsSandboxSettings

__all__ = ["PaymentsSandbox"]

PROVIDER = "sandbox"
CONTROL = "/p/payments_sandbox/control"


class PaymentsSandbox(Plugin):
    """Offers the payment provider "sandbox", its pages, and the page where an operator moves its world."""

    settings_class = PaymentsSandboxSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        settings = cast("PaymentsSandboxSettings", context.settings)
        base = base_of(context.site, settings.webhook_base)
        self._parts = Parts(context.db, context.jobs, context.clock, context.secrets, base)

    @hookimpl
    def payment_providers(self) -> Sequence[Offer[PaymentProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._build)]

    @hookimpl
    def blueprints(self) -> Sequence[Blueprint]:
        """Pages for those who pay and are paid, and one for the operator."""
        return [Pages(self._parts).blueprint(), Control(self._parts, self.context.domain.audit).blueprint()]

    @hookimpl
    def slots(self) -> Sequence[SlotContribution]:
        """The way to the operator's page."""
        return [SlotContribution(slot=Slot.ADMIN_NAV, template="payments_sandbox/nav.html", context=_nav, order=60)]

    @hookimpl
    def outbox_handlers(self) -> Sequence[OutboxHandler]:
        """Webhooks on their way."""
        return [self._parts.post.handler()]

    @hookimpl
    def schedules(self) -> Sequence[Schedule]:
        """Renewals, payouts and disputes happen in their time."""
        return [Schedule("payments_sandbox.tick", timedelta(minutes=1), self._tick)]

    def _build(self) -> SandboxPayments:
        return SandboxPayments(self._parts, self.context.site.url)

    async def _tick(self) -> None:
        self.context.db.bind()
        await self._parts.passing.tick()


async def _nav(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"sandbox_href": CONTROL, "current": request.path == CONTROL}
