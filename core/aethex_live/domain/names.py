"""Names and addresses: which user names and channel addresses are taken, and the sentences for the rest."""

from __future__ import annotations

import re

from aethex_live.domain.letters import hides, tamed, towers, turns
from aethex_live.errors import Invalid

LONGEST_USERNAME = 32
LONGEST_EMAIL = 254
LONGEST_SLUG = 32
LONGEST_CATEGORY = 40
_USERNAME = re.compile(r"[A-Za-z0-9_]{3,32}")
_SLUG = re.compile(r"[a-z0-9_-]{3,32}")
_EMAIL = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[A-Za-z0-9.-]{1,253}")

# first path segments that are or may become addresses of the platform; a test holds them against the route map
RESERVED = frozenset(
    {
        *(
            "about",
            "account",
            "accounts",
            "admin",
            "api",
            "assets",
            "auth",
            "billing",
            "blog",
            "browse",
            "categories",
        ),
        *(
            "category",
            "channel",
            "channels",
            "clip",
            "clips",
            "confirm",
            "dashboard",
            "directory",
            "discover",
            "docs",
            "download",
        ),
        *(
            "earnings",
            "embed",
            "event",
            "events",
            "favicon",
            "favicon.ico",
            "feed",
            "feeds",
            "following",
            "health",
        ),
        *(
            "help",
            "home",
            "inbox",
            "ingest",
            "jobs",
            "leaving",
            "legal",
            "live",
            "livez",
            "login",
            "logout",
            "mail",
            "mature",
            "me",
        ),
        *(
            "media",
            "messages",
            "metrics",
            "moderation",
            "music",
            "new",
            "notifications",
            "oauth",
            "oembed",
            "openapi",
        ),
        *(
            "operator",
            "overlay",
            "overlays",
            "pay",
            "payments",
            "plugins",
            "popout",
            "preferences",
            "privacy",
        ),
        *(
            "profile",
            "profiles",
            "readyz",
            "recordings",
            "register",
            "robots",
            "robots.txt",
            "rss",
            "schedule",
        ),
        *(
            "search",
            "security",
            "settings",
            "setup",
            "sign-in",
            "sign-out",
            "sign-up",
            "signin",
            "signout",
            "signup",
        ),
        *(
            "site.webmanifest",
            "sitemap",
            "sitemap.xml",
            "socket",
            "socket.io",
            "staff",
            "static",
            "status",
            "stream",
            "studio",
        ),
        *(
            "subscriptions",
            "support",
            "system",
            "team",
            "teams",
            "terms",
            "tournaments",
            "upload",
            "uploads",
            "user",
        ),
        *(
            "users",
            "video",
            "videos",
            "vod",
            "watch",
            "webhooks",
            "www",
            "aethex",
            ".well-known",
            "well-known",
        ),
    }
)


def check_username(username: str) -> str:
    """The name as it is stored. Raises Invalid with a sentence for the field `username`."""
    name = username.strip()
    if not _USERNAME.fullmatch(name):
        raise Invalid("Use 3 to 32 letters, digits or underscores.", field="username")
    if name.lower() in RESERVED:
        raise Invalid(f"“{name}” is kept for the platform; choose another name.", field="username", code="reserved")
    return name


def check_slug(slug: str) -> str:
    """The address as it is stored. Raises Invalid with a sentence for the field `slug`."""
    address = slug.strip().lower()
    if not _SLUG.fullmatch(address):
        raise Invalid("Use 3 to 32 small letters, digits, - or _.", field="slug")
    if address in RESERVED:
        raise Invalid(f"/{address} is kept for the platform; choose another address.", field="slug", code="reserved")
    return address


def check_email(email: str) -> str | None:
    """The address, or None for an empty field. Raises Invalid for what is no address."""
    address = email.strip()
    if not address:
        return None
    domain = address.rpartition("@")[2]
    if len(address) > LONGEST_EMAIL or not _EMAIL.fullmatch(address) or "." not in domain.strip(".") or ".." in domain:
        raise Invalid("This is not an e-mail address; it looks like name@example.org.", field="email")
    return address


def check_line(text: str, *, field: str, most: int, least: int = 0) -> str:
    """One line of text with control characters and outer spaces taken off. Raises Invalid about `field`.

    What turns the direction of writing, hides or towers is taken off too (letters.py).
    """
    line = " ".join("".join(c for c in tamed(text) if c.isprintable() or c.isspace() or c == "\u200d").split())
    if len(line) < least:
        raise Invalid("Fill this in." if least == 1 else f"Use at least {least} characters.", field=field)
    if len(line) > most:
        raise Invalid(f"Use at most {most} characters.", field=field)
    return line


def check_name(text: str, *, field: str, most: int = 50) -> str:
    """A name that is shown beside what people say. Raises Invalid about `field`.

    Other lines lose what could disturb the words around them; a name that has such characters is refused, because two
    names must not be one to the eye.
    """
    if turns(text):
        raise Invalid("The name turns the direction of writing; type it without hidden characters.", field=field)
    if hides(text.strip()):
        raise Invalid("The name has characters that nobody sees; type it without them.", field=field)
    if towers(text):
        raise Invalid("A letter of the name carries too many marks; use four at most.", field=field)
    return check_line(text, field=field, most=most, least=1)
