"""Account settings: bots and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from aethex_live._web.cookies import add_flash
from aethex_live._web.pages.settings_tokens import read_token_form, token_row
from aethex_live._web.views import BotRow, BotsView, Choice
from aethex_live.domain.bots import MOST_BOTS, SCOPES
from aethex_live.domain.tokens import MadeToken
from aethex_live.errors import Refusal
from aethex_live.models import ApiToken, User
from aethex_live.scopes import SENTENCES
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

blueprint = Blueprint("settings_bots", __name__)
HERE = "/settings/bots"


class BotForm(BaseModel):
    """A new bot; without a name it is shown by its user name."""

    username: str = Field(min_length=1, max_length=64)
    name: str = Field(default="", max_length=200)


@blueprint.get(HERE)
@allow(Access.SIGNED_IN)
async def bots() -> Response:
    """The list, each with its tokens and the form of a new one, and the form of a new bot."""
    return await _show()


@blueprint.post(HERE)
@allow(Access.SIGNED_IN)
async def make() -> Response:
    """Make a bot."""
    form = await read_form(BotForm)
    if form.data is None:
        return await _show(form, status=422)
    parts = platform()
    try:
        await limit("bot", 20, timedelta(hours=1))
        bot = await parts.domain.bots.make(current_actor(), form.data.username, form.data.name)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(form, status=refusal.status)
    said = f"{bot.display_name} is there. Make a token for it: that is what your program signs in with."
    return add_flash(redirect_to(f"{HERE}#bot-{bot.id}"), parts.secrets, parts.site, said)


@blueprint.post(f"{HERE}/<uuid:bot_id>/tokens")
@allow(Access.SIGNED_IN)
async def give_token(bot_id: UUID) -> Response:
    """Make a token for a bot and show it, once."""
    await require_proof(HERE)
    posted = await request.form
    form, chosen = await read_token_form(posted.get("days", "")), posted.getlist("scopes")
    if form.data is None:
        return await _show(token_form=form, chosen=chosen, about=bot_id, status=422)
    domain = platform().domain.bots
    try:
        await limit("token", 20, timedelta(hours=1))
        made = await domain.give_token(current_actor(), bot_id, form.data.name, chosen, days=form.data.days)
    except Refusal as refusal:
        form.refuse(refusal)
        return await _show(token_form=form, chosen=chosen, about=bot_id, status=refusal.status)
    return await _show(made=made)


@blueprint.post(f"{HERE}/<uuid:bot_id>/tokens/<uuid:token_id>/revoke")
@allow(Access.SIGNED_IN)
async def take_token(bot_id: UUID, token_id: UUID) -> Response:
    """Revoke a bot's token."""
    await platform().domain.bots.take_token(current_actor(), bot_id, token_id)
    return _back("The token is revoked: the program that used it is cut off.")


@blueprint.post(f"{HERE}/<uuid:bot_id>/remove")
@allow(Access.SIGNED_IN)
async def remove(bot_id: UUID) -> Response:
    """Remove a bot."""
    await platform().domain.bots.remove(current_actor(), bot_id)
    return _back("The bot is removed. What it wrote stays.")


def _back(said: str) -> Response:
    parts = platform()
    return add_flash(redirect_to(HERE), parts.secrets, parts.site, said)


async def _show(
    form: Form[Any] | None = None,
    *,
    token_form: Form[Any] | None = None,
    chosen: Sequence[str] = ("read", "chat:write"),
    about: UUID | None = None,
    made: MadeToken | None = None,
    status: int = 200,
) -> Response:
    domain, actor = platform().domain.bots, current_actor()
    assert actor.user_id is not None, "the guard lets signed-in people through only"
    found = await domain.of(actor.user_id)
    tokens = await domain.tokens_of(found)
    view = BotsView(
        bots=[_row(bot, tokens, token_form if bot.id == about else None, chosen) for bot in found],
        most=MOST_BOTS,
        form=form or Form[Any](values={}),
        made=made.secret if made else "",
        made_name=made.row.name if made else "",
    )
    response = await page("settings_bots.html", status=status, view=view)
    response.headers["Cache-Control"] = "no-store"
    return response


def _row(bot: User, tokens: Sequence[ApiToken], form: Form[Any] | None, chosen: Sequence[str]) -> BotRow:
    return BotRow(
        id=str(bot.id),
        username=bot.username,
        name=bot.display_name,
        banned=bot.state == "banned",
        tokens=[token_row(token) for token in tokens if token.user_id == bot.id],
        scopes=[Choice(value=scope.value, label=SENTENCES[scope], on=scope.value in chosen) for scope in SCOPES],
        form=form or Form[Any](values={"days": "366"}),
    )
