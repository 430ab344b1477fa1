"""The refusals of the provider "local"."""

from __future__ import annotations

from aethex_live.providers import AccessDenied, Conflict, Invalid, NotFound, Unavailable

PROVIDER = "local"


def denied() -> AccessDenied:
    """The one answer to every wrong pair, whether the subject is known or not."""
    return AccessDenied("The name or the password is not right.", provider=PROVIDER, operation="check_password")


def poor(sentence: str) -> Invalid:
    """A password that can't be taken."""
    return Invalid(sentence, provider=PROVIDER, operation="prepare_password")


def taken() -> Conflict:
    """A subject that has a password already."""
    return Conflict("This account has a password already.", provider=PROVIDER, operation="register")


def unknown() -> NotFound:
    """A subject without a password here."""
    return NotFound("This account has no password here.", provider=PROVIDER, operation="set_password")


def busy() -> Unavailable:
    """More passwords to check than this machine can do at the moment."""
    return Unavailable(
        "Many people are signing in at this moment. Try again in a few seconds.",
        provider=PROVIDER,
        operation="hash",
        retry_after=5.0,
    )
