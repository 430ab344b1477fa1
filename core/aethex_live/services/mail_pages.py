"""A mail's text as a page: what mail programs show beside the plain text, with the same words and links."""

from __future__ import annotations

import re

from markupsafe import escape

_LINK = re.compile(r"https?://[^\s<>\"']{1,2000}")
_BLOCKS = re.compile(r"\n(?:[ \t]*\n)+")
_INDENT = "    "
# inline, because mail programs drop everything else; colours that hold in light and in dark
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" \
content="light dark"><title>{title}</title></head>
<body style="margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:560px;margin:0 auto">
{blocks}
</div>
</body>
</html>
"""
_LINE = '<p style="margin:0 0 16px">{text}</p>'
_QUOTE = '<p style="margin:0 0 16px;padding-left:16px;border-left:3px solid #8a8f98">{text}</p>'
_ANCHOR = '<a href="{link}" style="overflow-wrap:anywhere">{link}</a>'


def as_page(subject: str, text: str) -> str:
    """The text as HTML. Empty lines part paragraphs, indented ones are set off.

    A link is one where it stands on a line by itself, as our letters put it: so nobody's name becomes one.
    """
    blocks = [block for block in _BLOCKS.split(text.strip("\n")) if block.strip()]
    return _PAGE.format(title=escape(subject), blocks="\n".join(_block(block) for block in blocks))


def _block(block: str) -> str:
    lines = block.strip("\n").split("\n")
    frame = _QUOTE if all(line.startswith(_INDENT) for line in lines) else _LINE
    return frame.format(text="<br>\n".join(_line(line.strip()) for line in lines))


def _line(line: str) -> str:
    shown = str(escape(line))
    return _ANCHOR.format(link=shown) if _LINK.fullmatch(line) else shown
