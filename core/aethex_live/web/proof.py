"""Asking again who somebody is, before what is sensitive: a page to prove it, and back."""

from __future__ import annotations

from urllib.parse import quote, urlsplit
from uuid import UUID

from quart import request

from aethex_live.errors import Forbidden
from aethex_live.web.pages import local_address
from aethex_live.web.request import current_actor, platform

ASK = "Prove that it is you first: your last proof is more than 15 minutes old."


class ProofNeeded(Forbidden):
    """A recent proof is missing. Pages send the browser to /confirm and back to `back`; the API answers a problem."""

    code = "proof-needed"

    def __init__(self, back: str) -> None:
        super().__init__(ASK)
        self.back = back

    @property
    def address(self) -> str:
        """The page where the proof is given."""
        return f"/confirm?next={quote(self.back)}"


async def is_proven() -> bool:
    """Whether the actor has proved within the last 15 minutes who they are."""
    return await platform().domain.sessions.is_proven(current_actor().session_id)


async def require_proof(back: str | None = None, *, tokens: bool = False) -> None:
    """Raises ProofNeeded unless the actor proved within the last 15 minutes who they are.

    `back` is the page to come back to: by default this one, after a form the one that it stands on. `tokens`: an API
    token that the view lets in will do, for whoever made it gave a proof and chose its scopes.
    """
    if tokens and current_actor().by_token:
        return
    if not await is_proven():
        raise ProofNeeded(back or _here())


async def note_proof() -> None:
    """The actor has just proved who they are: by a password, a code, a passkey."""
    session_id: UUID | None = current_actor().session_id
    if session_id is not None:
        await platform().domain.sessions.prove(session_id)


def _here() -> str:
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came_from = urlsplit(request.headers.get("Referer", ""))
    page = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    ours = came_from.netloc.lower() == request.host.lower()
    return (local_address(page) if ours else None) or "/settings"
