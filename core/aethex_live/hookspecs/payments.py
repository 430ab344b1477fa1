"""Hooks of payments: who takes money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.providers import Offer
    from aethex_live.providers.payments import PaymentProvider


@spec("collect")
def payment_providers() -> Sequence[Offer[PaymentProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """Payment providers on offer."""
