"""Providers in memory, one or two of each kind; each passes the conformance kit of its contract."""

from aethex_live.testing.fakes.auth import FakeAuth, FakeElsewhere, FakeInside
from aethex_live.testing.fakes.email import FakeEmail
from aethex_live.testing.fakes.payments import FakePayments
from aethex_live.testing.fakes.storage import FakeStorage

__all__ = ["FakeAuth", "FakeElsewhere", "FakeEmail", "FakeInside", "FakePayments", "FakeStorage"]
