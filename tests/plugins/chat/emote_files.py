"""Pictures to be sent as emotes: good ones, and ones that want to do harm."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


def still(width: int = 64, height: int = 64, kind: str = "PNG", colour: str = "red", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, kind, **options)
    return target.getvalue()


def moving(frames: int = 3, kind: str = "GIF", lasts: int = 100, side: int = 40) -> bytes:
    pictures = [Image.new("RGB", (side, side), (number * 37 % 256, number * 91 % 256, 40)) for number in range(frames)]
    target = io.BytesIO()
    pictures[0].save(target, kind, save_all=True, append_images=pictures[1:], duration=lasts, loop=0)
    return target.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG header of that size with a few bytes behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def gif_with_frames(count: int) -> bytes:
    """A GIF of one dot with many frames, a few bytes each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"!\xf9\x04\x04\x02\0\0\0," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0"
    return head + frame * count + b";"


def gif_that_grows() -> bytes:
    """A GIF whose second frame is far larger than the first."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    first = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02D\x01\0"
    second = b"," + struct.pack("<HHHHB", 0, 0, 9000, 9000, 0) + b"\x02\x02D\x01\0"
    return head + first + second + b";"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="axs()"><script>axs()</script></svg>'
