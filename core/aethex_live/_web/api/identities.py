"""API of accounts elsewhere: who can be signed in with, what an account is linked with, taking one off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import tag, validate_response

from aethex_live._web.api.accounts import user_id
from aethex_live.web import Access, allow, current_actor, platform, require_proof
from aethex_live.web.access import CLOSED
from aethex_live.web.api import Done, refuses

blueprint = Blueprint("api_identities", __name__, url_prefix="/api/v1")


class WayOut(BaseModel):
    """Somebody who can be signed in with; `url` is the page of its button."""

    provider: str
    issuer: str
    label: str
    url: str


class Ways(BaseModel):
    """All that one can sign in with elsewhere, and whether passwords of this site do too."""

    items: list[WayOut]
    passwords: bool


class IdentityOut(BaseModel):
    """An account elsewhere that opens this one; `issuer` is null when this site does not know it any more."""

    id: UUID
    provider: str
    issuer: str | None
    label: str
    linked_at: datetime


class Identities(BaseModel):
    """The accounts elsewhere of an account, the oldest first."""

    items: list[IdentityOut]


@blueprint.get("/sign-in/ways")
@tag(["accounts"])
@allow(Access.PUBLIC)
@validate_response(Ways)
async def ways() -> Ways:
    """How one can sign in. A sign-in elsewhere is begun by a person, on the page at `url`."""
    parts = platform()
    items = [
        WayOut(
            provider=way.provider,
            issuer=way.issuer,
            label=way.label,
            url=f"{parts.site.url}/sign-in/with/{way.path}",
        )
        for way in parts.domain.linking.ways()
    ]
    return Ways(items=items, passwords=parts.domain.accounts.takes_passwords())


@blueprint.get("/me/identities")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Identities)
@refuses(401)
async def identities() -> Identities:
    """The accounts elsewhere that open this one."""
    rows = await platform().domain.linking.of(user_id(current_actor()))
    items = [
        IdentityOut(
            id=row.id,
            provider=row.provider,
            issuer=row.way.issuer if row.way else None,
            label=row.way.label if row.way else row.provider,
            linked_at=row.linked_at,
        )
        for row in rows
    ]
    return Identities(items=items)


@blueprint.delete("/me/identities/<uuid:identity_id>")
@tag(["accounts"])
@allow(Access.SIGNED_IN, scope=CLOSED)
@validate_response(Done)
@refuses(401, 403, 404, 409)
async def unlink(identity_id: UUID) -> Done:
    """Take one off. 409 for the only way into the account; needs a recent proof."""
    await require_proof()
    actor = current_actor()
    await platform().domain.linking.unlink(user_id(actor), identity_id, actor)
    return Done()
