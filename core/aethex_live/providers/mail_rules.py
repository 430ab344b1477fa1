"""What every e-mail provider refuses: malformed addresses, lines smuggled into the head, bodies without end.

No sentence repeats an address: errors end up in logs and in lists of jobs.
"""

from __future__ import annotations

import re

from aethex_live.providers.email import Email
from aethex_live.providers.errors import Invalid

LONGEST_BODY = 1_000_000  # characters of text and html each
LONGEST_KEY = 200
_LONGEST_ADDRESS = 254
_LONGEST_LINE = 998
_LONGEST_HEADERS = 8_000
_LONGEST_TAG = 256
_MOST_TAGS = 20
_ADDRESS = re.compile(r"[^@\s<>\"',;:\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,76}")
_TAG = re.compile(r"[A-Za-z0-9_-]+")
_KEY = re.compile(r"[!-~]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")  # and halves of characters: nobody can send them
# what the provider writes itself, and what would redirect a mail or change its meaning
_RESERVED = frozenset(
    (
        *("bcc", "cc", "content-transfer-encoding", "content-type", "date", "dkim-signature", "from", "message-id"),
        *("mime-version", "received", "reply-to", "resent-bcc", "resent-cc", "resent-to", "return-path", "sender"),
        *("subject", "to"),
    )
)


def check_mail(mail: Email, provider: str) -> None:
    """Raises Invalid with a sentence for a mail that nobody can send; `provider` is who says so."""
    check_address(mail.to, provider)
    if mail.reply_to is not None:
        check_address(mail.reply_to, provider)
    if len(mail.subject) > _LONGEST_LINE or _CONTROL.search(mail.subject):
        raise refused(f"A subject is one line of at most {_LONGEST_LINE} characters.", provider)
    if max(len(mail.text), len(mail.html or "")) > LONGEST_BODY:
        raise refused(f"A mail has at most {LONGEST_BODY:,} characters.", provider)
    for name, value in mail.headers.items():
        _check_header(name, value, provider)
    if sum(len(name) + len(value) for name, value in mail.headers.items()) > _LONGEST_HEADERS:
        raise refused("The mail has too many headers.", provider)
    _check_tags(mail, provider)


def check_address(address: str, provider: str) -> None:
    """Raises Invalid for what is no e-mail address."""
    local, _, domain = address.rpartition("@")
    if local and "." in domain and not domain.isascii() and "@" not in local:
        raise refused("This domain has letters beyond ASCII: write it in its form that begins with xn--.", provider)
    if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address) or _CONTROL.search(address):
        raise refused("This is no e-mail address; one looks like name@example.org.", provider)


def check_plain(mail: Email, provider: str) -> None:
    """Raises Invalid for addresses with letters beyond ASCII before the @, which hardly any mail server takes."""
    if not mail.to.isascii() or not (mail.reply_to or "").isascii():
        sentence = "An address with letters beyond ASCII before the @ can't be written to: most mail servers refuse it."
        raise refused(sentence, provider)


def check_key(key: str, provider: str) -> None:
    """Raises Invalid for what is no idempotency key."""
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        raise refused(f"An idempotency key has 1 to {LONGEST_KEY} printable ASCII characters.", provider)


def sendable(text: str) -> str:
    """The text without NUL and with a question mark for each half of a character: what can be encoded."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def refused(sentence: str, provider: str) -> Invalid:
    """The error for a mail that is not taken."""
    return Invalid(sentence, provider=provider, operation="send")


def _check_header(name: str, value: str, provider: str) -> None:
    if not _HEADER_NAME.fullmatch(name) or len(f"{name}: {value}") > _LONGEST_LINE or _CONTROL.search(value):
        raise refused(f"The mail header {name[:40]!r} is not one line of a legal name and value.", provider)
    if name.lower() in _RESERVED:
        raise refused(f"The mail header {name} is written by the provider itself; leave it out.", provider)


def _check_tags(mail: Email, provider: str) -> None:
    words = [*mail.tags, *mail.tags.values()]
    if len(mail.tags) > _MOST_TAGS or any(len(word) > _LONGEST_TAG or not _TAG.fullmatch(word) for word in words):
        raise refused(
            f"A mail has at most {_MOST_TAGS} tags, words of at most {_LONGEST_TAG} ASCII letters, digits, - and _.",
            provider,
        )
