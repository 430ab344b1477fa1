"""Account settings: personal API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cookies import add_flash
from aethex_live._web.views import Choice, TokenRow, TokensView
from aethex_live.domain.tokens import MadeToken
from aethex_live.errors import Refusal
from aethex_live.models import ApiToken
from aethex_live.scopes import SENTENCES, Scope
from aethex_live.web import (
    Access,
    Form,
    allow,
    current_actor,
    limit,
    page,
    platform,
    read_form,
    redirect_to,
    require_proof,
)

blueprint = Blueprint("settings_tokens", __name__)
HERE = "/settings/tokens"


class TokenForm(BaseModel):
    """A new token; its scopes are boxes of one name. `days` is empty for a token without an end."""

    name: str = Field(min_length=1, max_length=50)
    days: int | None = Field(default=None, ge=1, le=366)


@blueprint.get(HERE)
@allow(Access.SIGNED_IN)
async def tokens() -> Response:
    """The list, and the form of a new one."""
    return await _show(Form[Any](values={"days": "90"}), [Scope.READ])


@blueprint.post(HERE)
@allow(Access.SIGNED_IN)
async def make() -> Response:
    """Make a token and show it, once."""
    await require_proof(HERE)
    posted = await request.form
    form, chosen = await read_token_form(posted.get("days", "")), posted.getlist("scopes")
    if form.data is None:
        return await _show(form, chosen, status=422)
    try:
        await limit("token", 20, timedelta(hours=1))
        made = await platform().domain.tokens.make(current_actor(), form.data.name, chosen, days=form.data.days)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, chosen, status=refusal.status)
    return await _show(Form[Any](values={"days": "90"}), [Scope.READ], made=made)


@blueprint.post(f"{HERE}/<uuid:token_id>/revoke")
@allow(Access.SIGNED_IN)
async def revoke(token_id: UUID) -> Response:
    """Revoke a token."""
    parts = platform()
    await parts.domain.tokens.revoke(current_actor(), token_id)
    said = "The token is revoked: whatever used it is refused from now on."
    return add_flash(redirect_to(HERE), parts.secrets, parts.site, said)


async def read_token_form(days: str) -> Form[TokenForm]:
    """The posted form of a token; `days` is the posted choice as it came."""
    form = await read_form(TokenForm)
    if form.data is None and not days:  # an empty choice is no number, and means that there is no end
        rest = {key: value for key, value in form.values.items() if key != "days"}
        if "name" not in form.errors:
            return Form(values=form.values, data=TokenForm(name=rest.get("name", "")))
    return form


async def _show(form: Form[Any], chosen: list[Any], *, made: MadeToken | None = None, status: int = 200) -> Response:
    actor = current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    offered = [scope for scope in Scope if scope is not Scope.OPERATE or actor.is_operator]
    view = TokensView(
        tokens=[token_row(row) for row in await platform().domain.tokens.of(actor.user_id)],
        scopes=[Choice(value=scope.value, label=SENTENCES[scope], on=scope.value in chosen) for scope in offered],
        form=form,
        made=made.secret if made else "",
        made_name=made.row.name if made else "",
    )
    response = await page("settings_tokens.html", status=status, view=view)
    response.headers["Cache-Control"] = "no-store"
    return response


def token_row(row: ApiToken) -> TokenRow:
    """A token in a list."""
    return TokenRow(
        id=str(row.id),
        name=row.name,
        hint=row.hint,
        scopes=[str(scope) for scope in row.scopes],
        created_at=row.created_at,
        used_at=row.used_at,
        expires_at=row.expires_at,
        expired=row.expires_at is not None and row.expires_at <= platform().clock.now(),
    )
