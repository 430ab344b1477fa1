"""API of the operator: people and channels, found and acted upon."""

from __future__ import annotations

from typing import Literal, cast

from quart import Blueprint
from quart_schema import tag, validate_querystring, validate_request, validate_response

from aethex_live._web.api.operator_models import (
    ChannelAct,
    ChannelsQuery,
    ListedChannelOut,
    PeopleQuery,
    PersonAct,
    PersonOut,
)
from aethex_live.domain.directory import ListedChannel
from aethex_live.domain.operators import PROVEN
from aethex_live.models import User
from aethex_live.scopes import Scope
from aethex_live.web import Access, allow, current_actor, platform, require_proof
from aethex_live.web.api import Done, Page, page_of, refuses

blueprint = Blueprint("api_operator_people", __name__, url_prefix="/api/v1/admin")


@blueprint.get("/people")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_querystring(PeopleQuery)
@validate_response(Page[PersonOut])
@refuses(401, 403, 404, 422)
async def people(query_args: PeopleQuery) -> Page[PersonOut]:
    """Accounts, the newest first."""
    rows = await platform().domain.directory.people(
        search=query_args.q,
        state=query_args.state,
        role=query_args.role,
        before=query_args.before,
        limit=query_args.limit + 1,
    )
    shown, after = page_of(rows, query_args.limit, lambda user: user.id)
    return Page[PersonOut](items=[_person(user) for user in shown], next=after)


@blueprint.post("/people/<username>")
@tag(["operator"])
@allow(Access.OPERATOR, scope=Scope.OPERATE)
@validate_request(PersonAct)
@validate_response(PersonOut)
@refuses(401, 403, 404, 409, 422)
async def act_on_person(username: str, data: PersonAct) -> PersonOut:
    """Ban an account or let it back in (with a recent proof, or a token with the scope), or sign it out everywhere."""
    if data.act in PROVEN:
        await require_proof(tokens=True)
    directory, operators, actor = platform().domain.directory, platform().domain.operators, current_actor()
    user = (await directory.account(username)).user
    if data.act == "ban":
        await operators.ban(user.id, data.reason, actor)
    elif data.act == "unban":
        await operators.unban(user.id, actor)
    else:
        await operators.end_sessions(user.id, actor)
    return _person((await directory.account(username)).user)


@blueprint.get("/channels")
@tag(["operator"])
@allow(Access.OPERATOR)
@validate_querystring(ChannelsQuery)
@validate_response(Page[ListedChannelOut])
@refuses(401, 403, 404, 422)
async def channels(query_args: ChannelsQuery) -> Page[ListedChannelOut]:
    """Channels, the newest first."""
    rows = await platform().domain.directory.channels(
        search=query_args.q,
        live=query_args.live,
        visibility=query_args.visibility,
        before=query_args.before,
        limit=query_args.limit + 1,
    )
    shown, after = page_of(rows, query_args.limit, lambda one: one.channel.id)
    return Page[ListedChannelOut](items=[_channel(one) for one in shown], next=after)


@blueprint.post("/channels/<name>")
@tag(["operator"])
@allow(Access.OPERATOR, scope=Scope.OPERATE)
@validate_request(ChannelAct)
@validate_response(Done)
@refuses(401, 403, 404, 409, 422)
async def act_on_channel(name: str, data: ChannelAct) -> Done:
    """Keep a channel out of lists until an operator puts it back, do that, end what is on, or restore a closed one."""
    domain, actor = platform().domain, current_actor()
    if data.act == "restore":
        await domain.closing.restore_at(name, actor)
        return Done()
    channel = await domain.channels.by_slug(name)
    if data.act == "end":
        await domain.operators.end_broadcast(channel, actor)
    else:
        await domain.operators.list_channel(
            channel, "unlisted" if data.act == "unlist" else "public", actor, data.reason
        )
    return Done()


def _person(user: User) -> PersonOut:
    return PersonOut(
        id=user.id,
        username=user.username,
        name=user.display_name,
        email=user.email,
        role=cast("Literal['member', 'operator']", user.role),
        state=user.state,
        created_at=user.created_at,
        last_seen_at=user.last_seen_at,
        delete_at=user.delete_at,
    )


def _channel(one: ListedChannel) -> ListedChannelOut:
    return ListedChannelOut(
        id=one.channel.id,
        slug=one.channel.slug,
        name=one.channel.name,
        owner=one.channel.owner.username,
        visibility=cast("Literal['public', 'unlisted']", one.channel.visibility),
        held=one.channel.held_at is not None,
        held_reason=one.channel.held_reason,
        delete_at=one.channel.delete_at,
        live=one.broadcast is not None,
        created_at=one.channel.created_at,
    )
