"""Refusals of the pretend vendor."""

from __future__ import annotations

from aethex_live.providers import Conflict, Invalid, NotFound

NAME = "sandbox"


def invalid(sentence: str, operation: str, code: str | None = None) -> Invalid:
    """The request is malformed."""
    return Invalid(sentence, provider=NAME, operation=operation, code=code)


def conflict(sentence: str, operation: str, code: str | None = None) -> Conflict:
    """The thing's state is not right for it."""
    return Conflict(sentence, provider=NAME, operation=operation, code=code)


def missing(what: str, operation: str) -> NotFound:
    """There is no such thing."""
    return NotFound(f"The sandbox has no such {what}.", provider=NAME, operation=operation)
