"""Security headers of every answer; the policy of docs/security.md."""

from __future__ import annotations

from collections.abc import Iterable

from quart import Response, g

PERMISSIONS = "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()"


def policy(
    import_map_hash: str, *, player: bool, media: Iterable[str], sockets: Iterable[str], framed: bool = False
) -> str:
    """The Content-Security-Policy of a page. `media` are other hosts of playback, `sockets` our socket addresses.

    `framed`: any site may show the page in a frame.
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
    return "; ".join(parts)


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
