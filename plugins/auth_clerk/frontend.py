"""What the sign-in page embeds of Clerk, as Clerk documents it: two scripts, and the hosts that they talk to."""

from __future__ import annotations

from aethex_live.providers.auth import Frontend

from .instance import Instance

MODULE = "@auth_clerk/widget"
_CORE = "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
_COMPONENTS = "/npm/@clerk/ui@1/dist/ui.browser.js"
_BOTS = "https://challenges.cloudflare.com"  # Clerk's protection against bots
_ABUSE = "https://*.protect.clerk.com"


def frontend(instance: Instance) -> Frontend:
    """The scripts, and what the policy of their page has besides. They name the host; the key says which one."""
    host = instance.frontend
    every = {"async": "", "crossorigin": "anonymous"}
    return Frontend(
        module=MODULE,
        scripts=(
            {**every, "src": f"{host}{_COMPONENTS}"},
            {**every, "src": f"{host}{_CORE}", "data-clerk-publishable-key": instance.publishable_key},
        ),
        csp={
            "script-src": (host, _BOTS, _ABUSE),
            "connect-src": (host, f"{_ABUSE}:*"),
            "img-src": ("https://img.clerk.com",),
            "worker-src": ("blob:",),
            "frame-src": (_BOTS, _ABUSE),
            "style-src": ("'unsafe-inline'",),  # its components write their styles while they run
        },
    )
