"""Signatures of webhooks that several vendors share; all look at the raw body, and at the time in both directions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from aethex_live.providers.webhooks import WebhookRejected, WebhookRequest

TOLERANCE = timedelta(minutes=5)  # what vendors' own libraries take
LONGEST_STAMP = 16  # digits; more is no time
MOST_SIGNATURES = 10
_MESSAGE = re.compile(r"[!-~]{1,150}")


def check_time(stamp: float, now: datetime, tolerance: timedelta = TOLERANCE) -> None:
    """Raises WebhookRejected ("stale") for a Unix time that is too far from `now`, before it or after it."""
    if abs(now.timestamp() - stamp) > tolerance.total_seconds():
        raise WebhookRejected("stale")


def check_stamped(
    header: str | None,
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    *,
    time_key: str = "t",
    signature_key: str = "v1",
    tolerance: timedelta = TOLERANCE,
) -> None:
    """Check a header like `t=1700000000,v1=5257a8…`: hex HMAC-SHA256 of the time, a dot and the body.

    Several signatures may stand in it, and several `secrets` may hold, while a secret is being replaced. Raises
    WebhookRejected.
    """
    if not header:
        raise WebhookRejected("missing")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for key, _, value in pairs if key == time_key]
    shown = [value.encode() for key, _, value in pairs if key == signature_key]
    if len(stamps) != 1 or not _is_stamp(stamps[0]) or not shown:
        raise WebhookRejected("malformed")
    wanted = [_digest(secret, stamps[0], body) for secret in secrets]
    fitting = [
        hmac.compare_digest(want, one) for want in wanted for one in shown
    ]  # all of them, however early one fits
    if not any(fitting):
        raise WebhookRejected("signature")
    check_time(int(stamps[0]), now, tolerance)


def check_message(request: WebhookRequest, keys: Sequence[bytes], *, prefix: str = "webhook") -> str:
    """Check a request that is signed as Standard Webhooks are; returns the id of its message, unique for its sender.

    Its headers are `<prefix>-id`, `-timestamp` and `-signature`; Svix, by whom several vendors send, calls them `svix`.
    `keys` are the secrets' bytes, any of which may hold while one is being replaced. Raises WebhookRejected.
    """
    said = (request.headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature"))
    message, stamp, shown = said
    if not (message and stamp and shown):
        raise WebhookRejected("missing")
    if not _is_stamp(stamp) or not _MESSAGE.fullmatch(message):
        raise WebhookRejected("malformed")
    signed = f"{message}.{stamp}.".encode() + request.body
    wanted = [b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    given = [one.encode("ascii", "replace") for one in shown.split()[:MOST_SIGNATURES]]
    fitting = [hmac.compare_digest(want, one) for want in wanted for one in given]  # all of them, as above
    if not any(fitting):
        raise WebhookRejected("signature")
    check_time(int(stamp), request.received_at)
    return message


def _is_stamp(stamp: str) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP


def _digest(secret: str, stamp: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest().encode()
