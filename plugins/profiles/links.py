"""Links that people show beside their words: https alone, each with a label, as they are stored."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from aethex_live.errors import Invalid

MOST = 5
LONGEST_LABEL = 40  # characters
LONGEST_URL = 300
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)
_PLAIN = re.compile(r"[\x21-\x7e]*", re.ASCII)  # what stands after the host, once it is encoded
_QUOTED = '"<>\\^`{|}'
_FORM = "A link looks like https://example.org/me."


class Link(NamedTuple):
    """A link with the words that stand for it."""

    label: str
    url: str


def clean_links(typed: Iterable[tuple[str, str]]) -> list[Link]:
    """The links without empty rows. Raises Invalid about `links` for one that is no https address, or too many."""
    links = [_clean(label, url) for label, url in typed if label.strip() or url.strip()]
    if len(links) > MOST:
        raise Invalid(f"Use at most {MOST} links.", field="links")
    return links


def _clean(label: str, url: str) -> Link:
    address = _address(url.strip())
    shown = "".join(c for c in label if c == " " or unicodedata.category(c)[0] not in "CZ")
    words = " ".join(shown.split()) or host_of(address)[:LONGEST_LABEL]
    if len(words) > LONGEST_LABEL:
        raise Invalid(f"Use at most {LONGEST_LABEL} characters for the words of a link.", field="links")
    return Link(words, address)


def _address(typed: str) -> str:
    if len(typed) > LONGEST_URL:
        raise Invalid(f"A link has at most {LONGEST_URL} characters.", field="links")
    if any(c.isspace() or unicodedata.category(c)[0] == "C" for c in typed) or "\\" in typed:
        raise Invalid(f"A link has no spaces in it. {_FORM}", field="links")
    try:
        parts = urlsplit(typed)
        host, port = _host(parts), parts.port
    except ValueError:
        raise Invalid(_FORM, field="links") from None
    if parts.scheme != "https":
        raise Invalid(f"Only https links are shown. {_FORM}", field="links")
    if parts.username is not None or parts.password is not None:
        raise Invalid("A link holds no user name or password.", field="links")
    netloc = host if port in (None, 443) else f"{host}:{port}"
    rest = (_encoded(parts.path or "/"), _encoded(parts.query), _encoded(parts.fragment))
    return urlunsplit(("https", netloc, *rest))


def _host(parts: SplitResult) -> str:
    """The host in the letters that names really have: a look-alike shows as xn--…. Raises ValueError."""
    host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    raise ValueError(host)


def _encoded(text: str) -> str:
    """Printable ASCII as it is; the rest, and what could end an attribute, by its bytes."""
    done = "".join(c if _PLAIN.fullmatch(c) and c not in _QUOTED else _bytes(c) for c in text)
    if len(done) > 3 * LONGEST_URL:
        raise Invalid(f"A link has at most {LONGEST_URL} characters.", field="links")
    return done


def _bytes(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def host_of(url: str) -> str:
    """The host of a stored link."""
    return urlsplit(url).netloc
