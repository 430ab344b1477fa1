"""Public helpers for views of the core and of plugins: who asks, who may, forms, pages, problems."""

from aethex_live.actor import GUEST, Actor
from aethex_live.web.access import Access, allow
from aethex_live.web.forms import Form, read_form
from aethex_live.web.limits import limit
from aethex_live.web.pages import page, redirect_to
from aethex_live.web.proof import is_proven, note_proof, require_proof
from aethex_live.web.request import (
    client_address,
    current_actor,
    current_channel,
    current_channel_role,
    platform,
)
from aethex_live.web.signing import open_session, say, sign_in

__all__ = [
    "GUEST",
    "Access",
    "Actor",
    "Form",
    "allow",
    "client_address",
    "current_actor",
    "current_channel",
    "current_channel_role",
    "is_proven",
    "limit",
    "note_proof",
    "open_session",
    "page",
    "platform",
    "read_form",
    "redirect_to",
    "require_proof",
    "say",
    "sign_in",
]
