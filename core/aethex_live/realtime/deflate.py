"""permessage-deflate (RFC 7692) without context takeover: one compressed frame serves every client."""

from __future__ import annotations

import zlib

from aethex_live.realtime.errors import ProtocolError

_TAIL = b"\x00\x00\xff\xff"
RESPONSE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def offered(header: str) -> bool:
    """Whether a client's Sec-WebSocket-Extensions offers what we speak.

    A smaller server window is the one parameter that we would have to obey; such an offer is passed over.
    """
    for offer in header.split(","):
        name, *parameters = (part.strip().lower() for part in offer.split(";"))
        if name == "permessage-deflate" and not any(p.startswith("server_max_window_bits") for p in parameters):
            return True
    return False


def deflate(payload: bytes) -> bytes:
    """Compress a message. Level 1: higher ones cost twice the time and save a few percent on chat."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15, 8)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]


def inflate(payload: bytes, limit: int) -> bytes:
    """Decompress a message of at most `limit` bytes; a bomb costs no more than that."""
    try:
        data = zlib.decompressobj(-15).decompress(payload + _TAIL, limit + 1)
    except zlib.error:
        raise ProtocolError(1007, "A compressed message can't be unpacked.") from None
    if len(data) > limit:
        raise ProtocolError(1009, f"A message is larger than {limit} bytes when unpacked.")
    return data
