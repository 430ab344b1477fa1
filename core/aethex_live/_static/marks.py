"""The site's mark as pictures: `static/img/logo.svg` drawn as PNG and ICO, for browsers that want no SVG.

The SVG is the source; what stands here knows as much of SVG as it uses: filled paths of lines and quadratic curves in
absolute and relative steps, in a box of 100 by 100.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree

from aethex_live._static.errors import BuildError

Point = tuple[float, float]
Colour = tuple[int, int, int]
BOX = 100.0
FINE = 4  # lines that each line of dots is drawn with, and parts of a dot, so that edges are smooth
CURVE = 12  # pieces that a curve is drawn with
_STEP = re.compile(r"([A-Za-z])|(-?\d*\.?\d+)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "Q": 4, "Z": 0}


def png(svg: bytes, size: int) -> bytes:
    """The drawing as a square PNG with `size` dots a side, see-through around it."""
    dots = _draw(svg, size)
    raw = b"".join(b"\0" + bytes(dots[line * size * 4 : (line + 1) * size * 4]) for line in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in parts)


def ico(svg: bytes, size: int = 32) -> bytes:
    """The drawing as an icon file that holds one PNG."""
    body = png(svg, size)
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, size % 256, size % 256, 0, 0, 1, 32, len(body), 22) + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _draw(svg: bytes, size: int) -> bytearray:
    dots = bytearray(size * size * 4)
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):  # noqa: S314  # our own file
        colour = path.get("fill", "").removeprefix("#")
        if not re.fullmatch("[0-9a-f]{6}", colour):
            raise BuildError(f"A path of the mark is filled with {colour!r}: give it a colour such as #2fe3d4")
        outline = [
            (a[0] * size / BOX, a[1] * size / BOX, b[0] * size / BOX, b[1] * size / BOX)
            for points in _outlines(path.get("d", ""))
            for a, b in pairwise([*points, points[0]])
        ]
        red, green, blue = bytes.fromhex(colour)
        for line in range(size):
            _paint(dots, line * size, _covered(outline, line, size), (red, green, blue))
    return dots


def _outlines(steps: str) -> list[list[Point]]:
    """The closed outlines of a path."""
    found: list[list[Point]] = []
    x = y = 0.0
    for name, given in _commands(steps):
        ahead = [*given]
        if name.islower():
            ahead = [value + (x, y)[index % 2 if len(given) > 1 else name == "v"] for index, value in enumerate(given)]
        match name.upper():
            case "M":
                found.append([(ahead[0], ahead[1])])
            case "L":
                found[-1].append((ahead[0], ahead[1]))
            case "H":
                found[-1].append((ahead[0], y))
            case "V":
                found[-1].append((x, ahead[0]))
            case "Q":
                found[-1] += _curve((x, y), (ahead[0], ahead[1]), (ahead[2], ahead[3]))
            case "Z":
                found[-1].append(found[-1][0])
        x, y = found[-1][-1]
    return found


def _commands(steps: str) -> Iterator[tuple[str, list[float]]]:
    """Each step with its numbers; numbers that go on without a letter repeat it (after M they are lines)."""
    name, given = "", list[float]()
    for letter, number in _STEP.findall(steps):
        if letter:
            name, given = letter, []
            if letter.upper() not in _TAKES:
                raise BuildError(f"The mark has a step {letter!r}, which can't be drawn: use M, L, H, V, Q and Z")
            if not _TAKES[letter.upper()]:
                yield name, []
            continue
        given.append(float(number))
        if len(given) == _TAKES[name.upper()]:
            yield name, given
            name, given = {"M": "L", "m": "l"}.get(name, name), []


def _curve(a: Point, b: Point, c: Point) -> list[Point]:
    steps = [piece / CURVE for piece in range(1, CURVE + 1)]
    return [
        (
            (1 - t) ** 2 * a[0] + 2 * (1 - t) * t * b[0] + t**2 * c[0],
            (1 - t) ** 2 * a[1] + 2 * (1 - t) * t * b[1] + t**2 * c[1],
        )
        for t in steps
    ]


def _covered(outline: list[tuple[float, float, float, float]], line: int, size: int) -> list[float]:
    """How much of each dot of a line lies inside, 0 to 1."""
    found = [0.0] * size
    for part in range(FINE):
        y = line + (part + 0.5) / FINE
        turns = sorted(
            (ax + (y - ay) * (bx - ax) / (by - ay), 1 if by > ay else -1)
            for ax, ay, bx, by in outline
            if min(ay, by) <= y < max(ay, by)
        )
        inside = 0
        for (begin, turn), (end, _) in pairwise(turns):
            inside += turn
            if inside:
                _cover(found, begin, end)
    return found


def _cover(found: list[float], begin: float, end: float) -> None:
    for dot in range(int(begin), min(len(found), int(end) + 1)):
        found[dot] += max(0.0, min(end, dot + 1) - max(begin, dot)) / FINE


def _paint(dots: bytearray, start: int, covered: list[float], colour: Colour) -> None:
    """Lay a colour over the dots of a line, as far as each is covered."""
    for index, part in enumerate(covered):
        if part > 0:
            at = (start + index) * 4
            below = dots[at + 3] / 255 * (1 - part)
            whole = part + below
            for channel in range(3):
                dots[at + channel] = round((colour[channel] * part + dots[at + channel] * below) / whole)
            dots[at + 3] = min(255, round(whole * 255))
