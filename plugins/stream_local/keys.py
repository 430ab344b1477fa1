"""Stream keys: derived from the site's secret, so that none is stored and each can be shown again."""

from __future__ import annotations

import base64
import binascii
import hmac
from uuid import UUID

_MAC_BYTES = 26  # with the 16 of the id a multiple of three: no padding in the key
_PREFIX = "live_"


class StreamKeys:
    """Makes and checks keys. A key is the ingest's id and a MAC over id and version, in base64url.

    The id is in it so that the right row is found at once; it opens nothing without the MAC.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, ingest_id: UUID, version: int) -> str:
        """The key of an ingest at a version; always the same."""
        return _PREFIX + base64.urlsafe_b64encode(ingest_id.bytes + self._mac(ingest_id, version)).decode()

    def ingest_of(self, key: str) -> UUID | None:
        """The ingest that a key claims to be for; None for what is no key."""
        raw = _decoded(key)
        return UUID(bytes=raw[:16]) if raw is not None else None

    def fits(self, key: str, ingest_id: UUID, version: int) -> bool:
        """Whether the key is that ingest's at that version; takes the same time for right and wrong ones."""
        raw = _decoded(key)
        return raw is not None and hmac.compare_digest(raw, ingest_id.bytes + self._mac(ingest_id, version))

    def _mac(self, ingest_id: UUID, version: int) -> bytes:
        return hmac.digest(self._secret, ingest_id.bytes + version.to_bytes(8, "big"), "sha256")[:_MAC_BYTES]


def _decoded(key: str) -> bytes | None:
    try:
        raw = base64.b64decode(key.strip().removeprefix(_PREFIX).encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == 16 + _MAC_BYTES else None
