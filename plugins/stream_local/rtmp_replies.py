"""The RTMP messages that the server sends, as bodies for `encode_message`."""

from __future__ import annotations

import struct
from typing import Final

from .amf import AmfValue, encode

WINDOW: Final = 2_500_000
CHUNK_SIZE: Final = 4096

window_size: Final = struct.pack(">I", WINDOW)
peer_bandwidth: Final = struct.pack(">IB", WINDOW, 2)
chunk_size: Final = struct.pack(">I", CHUNK_SIZE)
stream_begin: Final = struct.pack(">HI", 0, 1)


def acknowledgement(received: int) -> bytes:
    """How many bytes have come so far; the counter wraps."""
    return struct.pack(">I", received & 0xFFFFFFFF)


def connected(transaction: AmfValue) -> bytes:
    """The answer to `connect` that encoders wait for."""
    return encode(
        "_result",
        transaction,
        {"fmsVer": "FMS/3,5,7,7009", "capabilities": 31.0, "mode": 1.0},
        {
            "level": "status",
            "code": "NetConnection.Connect.Success",
            "description": "Connected.",
            "objectEncoding": 0.0,
        },
    )


def connect_refused(transaction: AmfValue, sentence: str) -> bytes:
    """`connect` is refused: the address of the server is wrong."""
    info = {"level": "error", "code": "NetConnection.Connect.Rejected", "description": sentence}
    return encode("_error", transaction, None, info)


def stream_created(transaction: AmfValue) -> bytes:
    """The answer to `createStream`: the one stream of this connection."""
    return encode("_result", transaction, None, 1.0)


def status(code: str, description: str, *, error: bool) -> bytes:
    """`onStatus`, the message whose text encoders show to their user."""
    level = "error" if error else "status"
    return encode("onStatus", 0.0, None, {"level": level, "code": code, "description": description})
