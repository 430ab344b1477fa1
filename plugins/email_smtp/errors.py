"""What a mail server and the way to it can refuse, as the e-mail contract's errors.

The server's own words are left out: they often repeat the address. Its codes tell enough.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from typing import Any

from aethex_live.providers import AccessDenied, Invalid, NotConfigured, ProviderError, RateLimited, Unavailable

from .settings import PROVIDER

LATER_S = 60.0  # servers that ask for patience mean minutes
_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_CLOSING = 421


def refusal(error: Exception, stage: str) -> ProviderError:
    """The error for what went wrong at `stage`: connect, tls, login, sender, recipient or data."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()), (0, b""))
        return _answered(code, text, "recipient")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _answered(error.smtp_code, error.smtp_error, "sender")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _answered(error.smtp_code, error.smtp_error, "login")
    if isinstance(error, smtplib.SMTPDataError):
        return _answered(error.smtp_code, error.smtp_error, "data")
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error, stage)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _lacking(stage)
    return _broken(error, stage)


def _answered(code: int, text: bytes | str, stage: str) -> ProviderError:
    """The error for an answer of the server that is not what was hoped for."""
    told = _told(code, text)
    about: dict[str, Any] = {"provider": PROVIDER, "operation": "send", "code": told or None}
    if code == _CLOSING or not 400 <= code < 600:
        sentence = f"The mail server breaks off ({told})." if told else "The mail server does not speak SMTP."
        return Unavailable(sentence, **about)
    if code < 500:
        if stage in {"recipient", "sender", "data"}:
            return RateLimited(f"The mail server asks to try this mail later ({told}).", retry_after=LATER_S, **about)
        return Unavailable(f"The mail server is not ready ({told}).", **about)
    if stage == "login":
        return AccessDenied(
            f"The mail server refuses the login ({told}): check username and password under [plugins.email_smtp].",
            **about,
        )
    if stage in {"connect", "tls"}:
        return Unavailable(f"The mail server refuses the connection ({told}).", **about)
    if stage == "sender":
        if code == 530:  # authentication required
            sentence = f"The mail server wants a login ({told}): set username and password under [plugins.email_smtp]."
            return AccessDenied(sentence, **about)
        sentence = f"The mail server refuses the sender ({told}): check from_address under [plugins.email_smtp]."
        return AccessDenied(sentence, **about)
    what = "recipient" if stage == "recipient" else "mail"
    return Invalid(f"The mail server refuses the {what} ({told}).", **about)


def _lacking(stage: str) -> ProviderError:
    if stage == "tls":
        sentence = (
            "The mail server offers no STARTTLS: set security under [plugins.email_smtp] to tls, "
            "or to none for a server on this machine."
        )
    else:
        sentence = (
            "The mail server offers no login that can be used: leave username away, "
            "or set security and port under [plugins.email_smtp] to where it does."
        )
    return NotConfigured(sentence, provider=PROVIDER, operation="send", code=stage)


def _broken(error: Exception, stage: str) -> Unavailable:
    about: dict[str, Any] = {"provider": PROVIDER, "operation": "send", "code": type(error).__name__}
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unavailable(
            "The mail server's certificate is not trusted: use the name that it is made for as host, "
            "or name its authority by ca_file under [plugins.email_smtp].",
            **about,
        )
    if isinstance(error, ssl.SSLError):
        sentence = "The mail server and this site find no common encryption: check security and port."
        return Unavailable(f"{sentence} They stand under [plugins.email_smtp].", **about)
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return Unavailable(f"The mail server did not answer in time ({stage}).", **about)
    if stage == "connect" and isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        reason = error.strerror or type(error).__name__
        return Unavailable(f"The mail server can't be reached ({reason}): check host and port.", **about)
    return Unavailable(f"The mail server broke the connection ({stage}).", **about)


def _told(code: int, text: bytes | str) -> str:
    if not 200 <= code < 600:
        return ""
    found = _ENHANCED.match(text.encode("ascii", "replace") if isinstance(text, str) else text)
    return f"{code} {found.group(1).decode()}" if found else str(code)
