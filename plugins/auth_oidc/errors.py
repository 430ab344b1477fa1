"""The refusals of the provider "oidc": what a person reads, and a word for the log that says what it was."""

from __future__ import annotations

from aethex_live.providers import AccessDenied, NotFound, Unavailable

PROVIDER = "oidc"


def forged(label: str, code: str) -> AccessDenied:
    """What came back does not hold; `code` says for the log what about it, the page does not."""
    return _denied(f"What {label} sent back about you could not be verified. Begin again.", code)


def used(label: str) -> AccessDenied:
    """The issuer does not take the code: used, late, or another's."""
    return _denied(f"{label} did not take this sign-in: it was used already, or it took too long. Begin again.", "code")


def declined(label: str) -> AccessDenied:
    """The person, or a rule over there, said no."""
    return _denied(f"{label} did not let you in, or you stopped there. You can try again.", "declined")


def stale(label: str) -> AccessDenied:
    """A proof was asked for, and the issuer does not say that there was one just now."""
    return _denied(f"{label} does not say that you proved yourself just now. Sign out here and in again.", "stale")


def unknown_issuer(key: str) -> NotFound:
    """No issuer has this key."""
    return NotFound(f"There is no issuer “{key[:40]}” to sign in with.", provider=PROVIDER, operation="issuer")


def silent(label: str, operation: str, code: str, retry_after: float | None = None) -> Unavailable:
    """The issuer is down, slow, or talks nonsense."""
    sentence = f"{label} does not answer as it should at the moment. Try again in a minute, or sign in another way."
    return Unavailable(sentence, provider=PROVIDER, operation=operation, code=code, retry_after=retry_after)


def _denied(sentence: str, code: str) -> AccessDenied:
    return AccessDenied(sentence, provider=PROVIDER, operation="finish_sign_in", code=code)
