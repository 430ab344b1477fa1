"""Bit by bit through a codec header."""

from __future__ import annotations

from .errors import MediaRejected


class BitReader:
    """Reads unsigned, Exp-Golomb and signed Exp-Golomb numbers; a header that is cut off is refused."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def bits(self, count: int) -> int:
        """The next `count` bits as an unsigned number."""
        if count > self._left:
            raise MediaRejected("The codec header of the stream is cut off: restart the encoder.")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.bits(1) == 1

    def ue(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise MediaRejected("The codec header of the stream is damaged: restart the encoder.")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number & 1 else -(number // 2)
