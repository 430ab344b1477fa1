"""Signatures as payment vendors make them, written a second time for the tests."""

import hmac
from datetime import datetime


def signed(secret: str, body: bytes, at: datetime) -> str:
    """A header like `t=1700000000,v1=5257a8…`."""
    stamp = int(at.timestamp())
    return f"t={stamp},v1={hmac.new(secret.encode(), b'%d.' % stamp + body, 'sha256').hexdigest()}"
