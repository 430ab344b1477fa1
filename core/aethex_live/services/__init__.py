"""What feature plugins may offer one another: a Protocol and a ServiceKey each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServiceKey(Generic[T]):
    """Names a service and its type: `services.get(VIEWERS)` gives the implementation or None."""

    name: str
    protocol: type[T]


__all__ = ["ServiceKey"]
