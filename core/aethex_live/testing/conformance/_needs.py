"""What the kits share: skipping what a provider does not declare."""

from __future__ import annotations

import enum

import pytest


def need(provider: object, capability: enum.StrEnum) -> None:
    """Skip the test unless the provider declares the capability."""
    if not has(provider, capability):
        pytest.skip(f"{getattr(provider, 'name', provider)} does not declare {capability.value}")


def has(provider: object, capability: enum.StrEnum) -> bool:
    """Whether the provider declares the capability."""
    declared: frozenset[enum.StrEnum] = getattr(provider, "capabilities", frozenset())
    return capability in declared
