"""People: finding accounts, and what an operator does to one."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from quart import Response, request

from aethex_live._web.admin.people import people_view, person_view
from aethex_live._web.pages.admin.routes import back, blueprint, cursor, older
from aethex_live.domain.directory import Account
from aethex_live.domain.operators import PROVEN
from aethex_live.domain.storage_forecast import in_words
from aethex_live.errors import Invalid, Refusal
from aethex_live.web import Access, Form, allow, current_actor, page, platform, read_form, require_proof
from aethex_live.web.api import page_of
from aethex_live.web.proof import ProofNeeded

PAGE = 50
FILTERS = ("q", "state", "role")
Act = Literal["ban", "unban", "promote", "demote", "sign-out", "delete", "keep", "admit", "decline", "mail-again"]


class ActForm(BaseModel):
    """What to do about an account."""

    act: Act
    reason: str = Field(default="", max_length=400)
    username: str = Field(default="", max_length=64)


@blueprint.get("/admin/people")
@allow(Access.OPERATOR)
async def people() -> Response:
    """Accounts, the newest first."""
    values = {name: request.args.get(name, "")[:100] for name in FILTERS}
    found = await platform().domain.directory.people(
        search=values["q"], state=values["state"], role=values["role"], before=cursor(), limit=PAGE + 1
    )
    shown, after = page_of(found, PAGE, lambda user: user.id)
    view = await people_view(platform(), list(shown), values, older("/admin/people", after, values))
    return await page("admin_people.html", view=view)


@blueprint.get("/admin/people/<username>")
@allow(Access.OPERATOR)
async def person(username: str) -> Response:
    """An account and what can be done about it."""
    return await _show(username, Form[Any](values={}))


@blueprint.post("/admin/people/<username>")
@allow(Access.OPERATOR)
async def act_on(username: str) -> Response:
    """Ban, let back in, give or take the site, sign out everywhere, delete, keep."""
    form = await read_form(ActForm)
    if form.data is None:
        raise Invalid("Choose what to do.", field="act")
    if form.data.act in PROVEN:
        await require_proof(f"/admin/people/{username}")
    found = await platform().domain.directory.account(username)
    try:
        said = await carry_out(found, form.data)
    except ProofNeeded:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(username, form, refusal.status)
    gone = form.data.act == "decline"
    return back("/admin/people" if gone else f"/admin/people/{found.user.username}", said)


async def carry_out(found: Account, wanted: ActForm) -> str:
    """Do it; returns what became of it, in a sentence. Raises a Refusal."""
    domain, actor, user = platform().domain, current_actor(), found.user
    name = user.username
    match wanted.act:
        case "ban":
            await domain.operators.ban(user.id, wanted.reason, actor)
            return f"{name} is banned: their sessions and streams are ended."
        case "unban":
            await domain.operators.unban(user.id, actor)
            return f"{name} may come back."
        case "promote":
            await domain.operators.set_role(user.id, "operator", actor)
            return f"{name} runs this site too now."
        case "demote":
            await domain.operators.set_role(user.id, "member", actor)
            return f"{name} does not run this site any more."
        case "sign-out":
            count = await domain.operators.end_sessions(user.id, actor)
            return f"{name} is signed out: {count} session{'' if count == 1 else 's'} ended."
        case "delete":
            at = await domain.leaving.request(user.id, actor, wanted.username)
            return f"{name} is closed, and deleted in {in_words(at - platform().clock.now())}."
        case "keep":
            await domain.leaving.stay(user, actor)
            return f"{name} stays; nothing is deleted."
        case "mail-again":
            await domain.mail_stops.lift(user.email or "", actor, subject=f"user:{user.id}")
            return f"{name} gets mails again."
        case "admit":
            await domain.accounts.admit(user.id, actor)
            return f"{name} is let in."
        case "decline":
            await domain.accounts.decline(user.id, actor)
            return f"{name} is declined, and the name is free again."


async def _show(username: str, form: Form[Any], status: int = 200) -> Response:
    found = await platform().domain.directory.account(username)
    view = await person_view(platform(), found, current_actor(), form)
    return await page("admin_person.html", status=status, view=view)
