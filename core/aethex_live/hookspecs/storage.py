"""Hooks of storage: who keeps objects, and which rows name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.providers import Offer
    from aethex_live.providers.storage import StorageProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReference:
    """Columns of a plugin's table that name stored files: the provider's name, and the key.

    The key may also be what several keys begin with: `a/b` stands for `a/b`, `a/b-96.webp`, `a/b.png` and `a/b/c`.
    """

    table: str
    provider: str = "provider"
    key: str = "key"


@spec("collect")
def storage_providers() -> Sequence[Offer[StorageProvider]]:  # type: ignore[empty-body]  # a declaration has no body
    """Storage providers on offer."""


@spec("collect")
def storage_references() -> Sequence[StorageReference]:  # type: ignore[empty-body]  # a declaration has no body
    """Where rows of this plugin name stored files, so that they follow when files move to another provider."""
