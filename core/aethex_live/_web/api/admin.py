"""API of the operator: plugins and kept mails."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live._web.api.models import MailOut, PluginOut, PluginSwitch
from aethex_live.errors import NotFound, Unavailable
from aethex_live.scopes import Scope
from aethex_live.services.mails import KEPT_MAILS, KeptMail, KeptMails
from aethex_live.web import Access, allow, current_actor, platform, require_proof
from aethex_live.web.api import Done, Page, PageQuery, page_of, refuses

blueprint = Blueprint("api_admin", __name__, url_prefix="/api/v1/admin")


class Plugins(BaseModel):
    """All plugins that were found."""

    items: list[PluginOut]


@blueprint.get("/plugins")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_response(Plugins)
@refuses(401, 403)
async def plugins() -> Plugins:
    """All plugins with their state, its reason and the next step."""
    rows = platform().plugins.rows()
    items = [
        PluginOut(
            name=row.name,
            title=row.title,
            version=row.version,
            phase=row.phase,
            state=row.state.value,
            reason=row.reason,
            next_step=row.next_step,
            permissions=list(row.permissions),
        )
        for row in rows
    ]
    return Plugins(items=items)


@blueprint.post("/plugins/<name>")
@tag(["operator"])
@allow(Access.OPERATOR, scope=Scope.OPERATE)
@validate_request(PluginSwitch)
@validate_response(Done)
@refuses(401, 403, 404, 409, 422)
async def switch(name: str, data: PluginSwitch) -> Done:
    """Off at once, on at the next start, or the end of a suspension. Needs a recent proof or a token for it."""
    await require_proof(tokens=True)
    await platform().switch_plugin(name, data.switch, current_actor())
    return Done()


@blueprint.get("/mails")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_querystring(PageQuery)
@validate_response(Page[MailOut])
@refuses(401, 403, 422, 503)
async def mails(query_args: PageQuery) -> Page[MailOut]:
    """The mails that were kept, newest first."""
    rows = await _service().page(before=query_args.before, limit=query_args.limit + 1)
    shown, after = page_of(rows, query_args.limit, lambda row: row.id)
    return Page[MailOut](items=[_out(row) for row in shown], next=after)


@blueprint.get("/mails/<uuid:mail_id>")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_response(MailOut)
@refuses(401, 403, 404, 503)
async def mail(mail_id: UUID) -> MailOut:
    """One mail."""
    found = await _service().get(mail_id)
    if found is None:
        raise NotFound("This mail is not kept any more.")
    return _out(found)


def _service() -> KeptMails:
    service = platform().services.get(KEPT_MAILS)
    if service is None:
        raise Unavailable("The e-mail provider of this site keeps no mails.")
    return service


def _out(row: KeptMail) -> MailOut:
    return MailOut(id=row.id, to=row.to, subject=row.subject, created_at=row.created_at, text=row.text)
