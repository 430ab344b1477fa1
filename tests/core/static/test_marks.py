"""The mark as pictures: drawn from its SVG, with smooth edges and see-through around it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

import aethex_live
from aethex_live._static.errors import BuildError
from aethex_live._static.marks import ico, png

LOGO = (Path(aethex_live.__file__).parent / "static" / "img" / "logo.svg").read_bytes()
TEAL, INK = (0x2F, 0xE3, 0xD4), (0x06, 0x20, 0x24)


def svg(path: str, fill: str = "#2fe3d4") -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><path fill="{fill}" d="{path}"/></svg>'.encode()
    )


def dots(body: bytes) -> list[list[tuple[int, ...]]]:
    """The dots of a PNG of ours: red, green, blue, opaqueness; lines from the top."""
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, dict[bytes, bytes]()
    while at < len(body):
        (length,) = struct.unpack(">I", body[at : at + 4])
        kind, data = body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        assert struct.unpack(">I", body[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + data)
        chunks[kind] = data
        at += 12 + length
    width, height, bits, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (bits, colours) == (8, 6)
    raw = zlib.decompress(chunks[b"IDAT"])
    lines = [raw[number * (1 + width * 4) :][: 1 + width * 4] for number in range(height)]
    assert all(line[0] == 0 for line in lines)
    return [[tuple(line[1 + x * 4 : 5 + x * 4]) for x in range(width)] for line in lines]


def test_the_logo_is_drawn_with_its_letter_and_the_letters_hole() -> None:
    picture = dots(png(LOGO, 100))
    assert picture[1][1] == (0, 0, 0, 0)
    assert picture[10][50] == (*TEAL, 255)
    assert picture[30][50] == (*INK, 255)
    assert picture[53][50] == (*TEAL, 255), "the hole of the letter"
    assert picture[60][50] == (*INK, 255)
    assert picture[74][50] == (*TEAL, 255), "below its bar"
    assert 0 < picture[3][43][3] < 255, "edges are smooth"


def test_steps_of_every_kind_draw_the_same_square() -> None:
    square = dots(png(svg("M20 20L80 20L80 80L20 80Z"), 50))
    assert square[25][25] == (*TEAL, 255)
    assert (square[9][25][3], square[10][25][3], square[39][25][3], square[40][25][3]) == (0, 255, 255, 0)
    for same in ("M20 20H80V80H20Z", "m20 20h60v60h-60z", "M20 20 80 20 80 80 20 80Z", "M20 20Q50 20 80 20V80H20Z"):
        assert dots(png(svg(same), 50)) == square, same


def test_an_icon_file_holds_the_picture() -> None:
    body = ico(LOGO, 32)
    kind, count, width, height, _, _, _, bits, length, at = struct.unpack("<HHBBBBHHII", body[2:22])
    assert (kind, count, width, height, bits) == (1, 1, 32, 32, 32)
    assert body[at : at + length] == png(LOGO, 32)


@pytest.mark.parametrize("drawing", [svg("M1 1A5 5 0 0 1 9 9Z"), svg("M1 1H9V9Z", "url(#shine)")])
def test_what_cannot_be_drawn_is_refused_with_the_next_step(drawing: bytes) -> None:
    with pytest.raises(BuildError, match=r"use M, L|give it a colour"):
        png(drawing, 32)
