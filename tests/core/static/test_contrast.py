"""Contrast, computed from the tokens: text 4.5, controls and graphics 3, for both themes and every creator's hue."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import aethex_live

TOKENS = (Path(aethex_live.__file__).parent / "static/css/10-tokens.css").read_text("utf-8")
Colour = tuple[float, float, float]
THEMES = ("light", "dark")


def linear(lightness: float, chroma: float, hue: float) -> Colour:
    """OKLCH to linear sRGB, clipped to what a screen can show."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return tuple(min(1.0, max(0.0, part)) for part in (red, green, blue))  # type: ignore[return-value]  # three parts


def token(name: str, theme: str, hue: float = 190) -> Colour:
    """The colour of a token in a theme."""
    match = re.search(rf"--ax-{name}:\s*(.+);", TOKENS)
    assert match, f"there is no token {name}"
    found = re.findall(r"oklch\(([\d.]+) ([\d.]+) ([\d.]+|var\(--ax-channel-h\))\)", match[1])
    parts = found[0] if len(found) == 1 or theme == "light" else found[1]
    angle = hue if parts[2].startswith("var") else float(parts[2])
    return linear(float(parts[0]), float(parts[1]), angle)


def contrast(one: Colour, other: Colour) -> float:
    def luminance(colour: Colour) -> float:
        return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SURFACES = ("canvas", "surface-1", "surface-2", "surface-3")
TEXTS = [(text, surface) for text in ("text-1", "text-2", "text-3") for surface in SURFACES]
SOFT = [(name, f"{name}-soft") for name in ("ok", "warn", "danger", "gold", "violet")]
WORDS = [
    *TEXTS,
    *SOFT,
    ("accent-text", "accent-soft"),
    ("accent-text", "surface-1"),
    ("on-accent", "accent"),
    ("on-live", "live"),
    ("live-text", "surface-1"),
    ("live-text", "canvas"),
    ("danger", "surface-1"),
    ("text-2", "accent-soft"),
    ("text-3", "overlay"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), WORDS)
def test_words_can_be_read(theme: str, text: str, ground: str) -> None:
    assert contrast(token(text, theme), token(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("surface", ["canvas", "surface-1"])
def test_edges_of_controls_and_lines_of_charts_can_be_seen(theme: str, surface: str) -> None:
    for name in ("line-strong", "accent", "c1", "c2", "c3", "c4", "c5"):
        assert contrast(token(name, theme), token(surface, theme)) >= 3, name


@pytest.mark.parametrize("theme", THEMES)
def test_no_hue_that_a_creator_picks_breaks_the_contrast(theme: str) -> None:
    for hue in range(0, 360, 3):
        colour, soft, above = (token(name, theme, hue) for name in ("channel", "channel-soft", "on-channel"))
        assert contrast(above, colour) >= 4.5, hue
        assert contrast(colour, soft) >= 4.5, hue
        assert contrast(token("text-2", theme), soft) >= 4.5, hue
        assert contrast(colour, token("canvas", theme)) >= 3, hue
