"""Words of a state: the tone of a colour and the shape of a mark, which always go together."""

from __future__ import annotations

from typing import Literal

Tone = Literal["ok", "warn", "danger", "accent", "neutral"]
Shape = Literal["healthy", "attention", "broken", "off"]
