"""The five kinds of provider, and how a plugin offers one."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class Kind(enum.StrEnum):
    """A kind of exclusive thing; the value is its key under `[providers]`."""

    AUTH = "auth"
    STREAMING = "streaming"
    STORAGE = "storage"
    PAYMENTS = "payments"
    EMAIL = "email"

    @property
    def prefix(self) -> str:
        """The prefix of the names of plugins that offer this kind."""
        return {"auth": "auth_", "streaming": "stream_"}.get(self.value, f"{self.value}_")


@dataclass(frozen=True, slots=True)
class Offer(Generic[T]):
    """A provider on offer: its name in the configuration, and how to build it (called once, at start)."""

    name: str
    build: Callable[[], T]
