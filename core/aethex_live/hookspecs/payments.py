"""Hooks of payments. Provisional: they become final with the first payment plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.providers import Offer
    from aethex_live.providers.payments import PaymentProvider


@spec("collect", provisional=True)
def payment_providers() -> Sequence[Offer[PaymentProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """Payment providers on offer."""
