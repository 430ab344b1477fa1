"""Security headers of every answer; the policy of docs/security.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from quart import Response, g

PERMISSIONS = "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()"


# what a page with a provider's component may allow besides, and how a source of it looks
_WIDENED = frozenset({"script-src", "style-src", "img-src", "connect-src", "font-src", "worker-src", "frame-src"})
_SOURCE = re.compile(r"https?://[A-Za-z0-9*._-]+(:(\d{1,5}|\*))?|blob:|data:")


def policy(
    import_map_hash: str,
    *,
    player: bool,
    media: Iterable[str],
    sockets: Iterable[str],
    framed: bool = False,
    more: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The Content-Security-Policy of a page. `media` are other hosts of playback, `sockets` our socket addresses.

    `framed`: any site may show the page in a frame. `more`: sources that this page alone allows, by directive. Raises
    ValueError for one that would open more than it names.
    """
    hosts = " ".join(media)
    # media-chrome puts <style> into shadow roots, so player pages alone allow inline styles
    style = "'self' 'unsafe-inline'" if player else "'self'"
    ancestors = "*" if framed else "'self'"
    parts = (
        "default-src 'none'",
        f"script-src 'self' {import_map_hash}",
        f"style-src {style}",
        "style-src-attr 'unsafe-inline'",
        f"img-src 'self' data: blob: {hosts}".strip(),
        "font-src 'self'",
        f"connect-src 'self' {' '.join(sockets)} {hosts}".strip(),
        f"media-src 'self' blob: {hosts}".strip(),
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-src 'self'",
        f"frame-ancestors {ancestors}",
    )
    return "; ".join(_widened(part, more) for part in parts) if more else "; ".join(parts)


def _widened(part: str, more: Mapping[str, Sequence[str]]) -> str:
    """A directive with the sources that a provider's component needs; inline is open to styles alone."""
    name, _, _ = part.partition(" ")
    for source in more.get(name, ()):
        inline = name == "style-src" and source == "'unsafe-inline'"
        if name not in _WIDENED or not (inline or _SOURCE.fullmatch(source)):
            raise ValueError(f"{name} can't be widened by {source!r}.")
        part = part if source in part.split() else f"{part} {source}"
    return part


def add_headers(response: Response, csp: str, *, https: bool) -> None:
    """Put the headers on an answer; a view's own ones stay."""
    headers = response.headers
    if response.mimetype == "text/html":
        headers.setdefault("Content-Security-Policy", csp)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if not g.get("framed_page"):
        headers.setdefault("X-Frame-Options", "SAMEORIGIN")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("Cache-Control", "no-store" if g.get("actor") and g.actor.signed_in else "no-cache")
    headers["X-Request-Id"] = g.get("request_id", "")
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
