"""Hooks of e-mail: who sends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.providers import Offer
    from aethex_live.providers.email import EmailProvider


@spec("collect")
def email_providers() -> Sequence[Offer[EmailProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """E-mail providers on offer."""
