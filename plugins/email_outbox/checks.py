"""What is no mail: malformed addresses, lines smuggled into the head, bodies without end."""

from __future__ import annotations

import re

from aethex_live.providers import Invalid
from aethex_live.providers.email import Email

PROVIDER = "outbox"
LONGEST_BODY = 1_000_000  # characters of text and html each
_LONGEST_ADDRESS = 254
_LONGEST_LINE = 998
_LONGEST_HEADERS = 8_000
_ADDRESS = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,76}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # and halves of characters, which nobody can send


def check_mail(mail: Email) -> None:
    """Raises Invalid with a sentence for a mail that can't be sent by anybody."""
    check_address(mail.to)
    if mail.reply_to is not None:
        check_address(mail.reply_to)
    if len(mail.subject) > _LONGEST_LINE or _CONTROL.search(mail.subject):
        raise refused(f"A subject is one line of at most {_LONGEST_LINE} characters.")
    if max(len(mail.text), len(mail.html or "")) > LONGEST_BODY:
        raise refused(f"A mail has at most {LONGEST_BODY:,} characters.")
    for name, value in mail.headers.items():
        if not _HEADER_NAME.fullmatch(name) or len(value) > _LONGEST_LINE or _CONTROL.search(value):
            raise refused(f"The mail header {name[:40]!r} is not one line of a legal name and value.")
    if sum(len(name) + len(value) for name, value in mail.headers.items()) > _LONGEST_HEADERS:
        raise refused("The mail has too many headers.")


def check_address(address: str) -> None:
    """Raises Invalid for what is no e-mail address."""
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise refused(f"{address[:80]!r} is no e-mail address; it looks like name@example.org.")


def refused(sentence: str) -> Invalid:
    """The error for a mail that is not taken."""
    return Invalid(sentence, provider=PROVIDER, operation="send")
