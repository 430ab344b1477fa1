"""Conformance kits: a test class for each provider contract.

Subclass one in your tests and override its fixture `provider` (where it says so, one more that is optional).
A provider is held to every capability that it declares; what it does not declare must be refused as
`Unsupported`.
"""

from aethex_live.testing.conformance.auth import AuthConformance, EmbedConformance, RedirectConformance
from aethex_live.testing.conformance.email import EmailConformance
from aethex_live.testing.conformance.payments import PaymentConformance
from aethex_live.testing.conformance.storage import StorageConformance
from aethex_live.testing.conformance.streaming import StreamConformance

__all__ = [
    "AuthConformance",
    "EmailConformance",
    "EmbedConformance",
    "PaymentConformance",
    "RedirectConformance",
    "StorageConformance",
    "StreamConformance",
]
