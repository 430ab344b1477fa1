"""The plain RTMP handshake, sans-IO: C0+C1 in, S0+S1+S2 out, C2 swallowed. No encoder needs the digest form."""

from __future__ import annotations

import os
from typing import Final

from .errors import ProtocolError

_VERSION: Final = 3
_SIZE: Final = 1536


class Handshake:
    """Takes what comes until the handshake is over; `reply` is what has to be sent."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._greeted = False
        self.over = False
        self.reply = b""

    def feed(self, data: bytes) -> bytes:
        """Take input; gives back what comes after the handshake. Raises ProtocolError for other protocols."""
        heard = self._heard
        heard += data
        self.reply = b""
        if not self._greeted:
            if heard and heard[0] != _VERSION:
                raise ProtocolError("this is not RTMP")
            if len(heard) <= _SIZE:
                return b""
            own = bytes(8) + os.urandom(_SIZE - 8)
            self.reply = bytes((_VERSION,)) + own + bytes(heard[1 : _SIZE + 1])
            del heard[: _SIZE + 1]
            self._greeted = True
        if len(heard) < _SIZE:
            return b""
        self.over = True
        rest = bytes(heard[_SIZE:])
        heard.clear()
        return rest
