"""Lucide's icons as one table: name -> the inside of its SVG."""

from __future__ import annotations

import json
from html import escape


def icon_table(nodes: bytes) -> bytes:
    """JSON of name -> markup, made from `icon-nodes.json` of lucide-static; equal bytes for equal input."""
    table = {
        name: "".join(_element(tag, attributes) for tag, attributes in parts)
        for name, parts in json.loads(nodes).items()
    }
    return json.dumps(table, sort_keys=True, separators=(",", ":")).encode()


def _element(tag: str, attributes: dict[str, object]) -> str:
    written = "".join(f' {name}="{escape(str(value))}"' for name, value in attributes.items() if name != "key")
    return f"<{tag}{written}/>"
