"""Playback tokens: short-lived leave to load media that is not public. Nothing is stored, nothing is logged."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal

PLAYBACK_LIFE: Final = timedelta(minutes=10)
DOWNLOAD_LIFE: Final = timedelta(hours=6)
"""A download of hours may break and be resumed; playback is renewed by the page."""
_EXPIRY_BYTES = 5
_MAC_BYTES = 16
Verdict = Literal["good", "expired", "wrong"]


class PlayTokens:
    """Makes and checks tokens. A token is good for one path ("live/…", "vod/…", "download/…") until it expires."""

    def __init__(self, secret: bytes, now: Callable[[], datetime]) -> None:
        self._secret, self._now = secret, now

    def make(self, path: str, life: timedelta = PLAYBACK_LIFE) -> tuple[str, datetime]:
        """A token for a path, and when it expires."""
        expires = (self._now() + life).replace(microsecond=0)
        head = int(expires.timestamp()).to_bytes(_EXPIRY_BYTES, "big")
        return base64.urlsafe_b64encode(head + self._mac(path, head)).decode(), expires

    def check(self, path: str, token: str) -> Verdict:
        """Whether a token opens a path now."""
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return "wrong"
        head, mac = raw[:_EXPIRY_BYTES], raw[_EXPIRY_BYTES:]
        if not hmac.compare_digest(mac, self._mac(path, head)):
            return "wrong"
        return "good" if self._now().timestamp() < int.from_bytes(head, "big") else "expired"

    def _mac(self, path: str, head: bytes) -> bytes:
        return hmac.digest(self._secret, head + path.encode(), "sha256")[:_MAC_BYTES]
