"""The operator's pages: one blueprint, a module for each page."""

from __future__ import annotations

from aethex_live._web.pages.admin import (
    audit,
    channels,
    jobs,
    mails,
    people,
    plugins,
    providers,
    settings,
    status,
    webhooks,
)
from aethex_live._web.pages.admin.routes import blueprint

__all__ = [
    "audit",
    "blueprint",
    "channels",
    "jobs",
    "mails",
    "people",
    "plugins",
    "providers",
    "settings",
    "status",
    "webhooks",
]
