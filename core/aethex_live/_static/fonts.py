"""The display font: Archivo cut to one width, a span of weights, and the features that we use."""

from __future__ import annotations

import io
import logging

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

WIDTH = 118  # percent; the wide cut is the voice of titles and numbers
WEIGHTS = (600, 800)
# tnum for figures that don't jump; the rest is what European languages need
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum"]


def cut_display_font(source: bytes) -> bytes:
    """WOFF2 with width 118 and weights 600-800 of a WOFF2 with both axes; equal bytes for equal input."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    font = _open(source)
    cut = instancer.instantiateVariableFont(font, {"wdth": WIDTH, "wght": WEIGHTS}, inplace=True)
    cut.flavor = None
    cut = _open(_saved(cut))  # the subsetter trips over lazily held deltas of the instancer
    subsetter = Subsetter(Options(layout_features=FEATURES, hinting=False))
    subsetter.populate(unicodes=cut.getBestCmap())
    subsetter.subset(cut)
    cut.flavor = "woff2"
    return _saved(cut)


def _open(body: bytes) -> TTFont:
    return TTFont(io.BytesIO(body), recalcTimestamp=False, lazy=False)


def _saved(font: TTFont) -> bytes:
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
