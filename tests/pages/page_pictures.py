"""Sample thumbnails: drawn scenes, one a name, so that screenshots look like a site with people on it."""

from __future__ import annotations

import hashlib
import random


def scene(name: str) -> str:
    """An SVG of 1280x720 that is always the same for a name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    draw = random.Random(seed)
    hue = draw.randrange(360)
    hills = "".join(_hill(draw, hue, level) for level in range(4))
    place = f'cx="{draw.randint(300, 1000)}" cy="{draw.randint(180, 340)}" r="{draw.randint(50, 110)}"'
    sun = f'<circle {place} fill="hsl({(hue + 160) % 360} 90% 84%)"/>'
    stops = f'<stop stop-color="hsl({hue} 45% 24%)"/><stop offset="1" stop-color="hsl({(hue + 50) % 360} 70% 58%)"/>'
    sky = f'<linearGradient id="s" x2="0" y2="1">{stops}</linearGradient>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width="1280" height="720">{sky}'
        f'<rect width="1280" height="720" fill="url(#s)"/>{sun}{hills}</svg>'
    )


def _hill(draw: random.Random, hue: int, level: int) -> str:
    base = 400 + level * 80
    points = " ".join(f"{x},{base + draw.randint(-70, 40)}" for x in range(0, 1281, 128))
    return f'<polygon points="0,720 {points} 1280,720" fill="hsl({(hue + 20) % 360} 40% {30 - level * 7}%)"/>'
