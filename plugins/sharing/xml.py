"""XML out of any text: what XML can't hold is left out, everything else is escaped."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

# XML 1.0 has no controls but tab and line ends, no halves of characters, and two code points less
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def storable(text: str) -> str:
    """The text without what XML can't hold."""
    return _NOT_XML.sub("", text)


def element(name: str, text: str = "", **attributes: str) -> Element:
    """An element with text and attributes."""
    made = Element(name, {key: storable(value) for key, value in attributes.items()})
    made.text = storable(text) or None
    return made


def add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """A child with text and attributes."""
    made = SubElement(parent, name, {key: storable(value) for key, value in attributes.items()})
    made.text = storable(text) or None
    return made


def document(root: Element) -> bytes:
    """The whole document."""
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"
