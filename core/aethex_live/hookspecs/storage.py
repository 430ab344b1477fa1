"""Hooks of storage: who keeps objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.providers import Offer
    from aethex_live.providers.storage import StorageProvider


@spec("collect")
def storage_providers() -> Sequence[Offer[StorageProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """Storage providers on offer."""
