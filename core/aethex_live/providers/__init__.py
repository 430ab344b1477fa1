"""Contracts of what is exclusive: one provider of a kind is the default, several may be live at once."""

from aethex_live.providers.errors import (
    AccessDenied,
    Conflict,
    Declined,
    Invalid,
    NotConfigured,
    NotFound,
    ProviderError,
    RateLimited,
    Unavailable,
    Unsupported,
)
from aethex_live.providers.kinds import Kind, Offer

__all__ = [
    "AccessDenied",
    "Conflict",
    "Declined",
    "Invalid",
    "Kind",
    "NotConfigured",
    "NotFound",
    "Offer",
    "ProviderError",
    "RateLimited",
    "Unavailable",
    "Unsupported",
]
