"""What the operator's pages show of accounts and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aethex_live._web.cards import Cards
from aethex_live._web.views import Option, Pager, Shape
from aethex_live._web.views.operator import (
    AdminChannelsView,
    AdminPeopleView,
    AdminPersonView,
    ChannelRow,
    PersonRow,
)
from aethex_live.domain.directory import Account, ListedChannel
from aethex_live.models import User
from aethex_live.web import Form

if TYPE_CHECKING:
    from aethex_live.actor import Actor
    from aethex_live.platform import Platform

STATES = (
    ("", "In any state"),
    ("active", "Open"),
    ("pending", "Waiting"),
    ("banned", "Banned"),
    ("leaving", "Leaving"),
)
ROLES = (("", "Everybody"), ("operator", "Operators"), ("member", "Members"))
SHOWN = (("", "All channels"), ("live", "Live now"), ("public", "In lists"), ("unlisted", "Unlisted"))
WORDS: dict[str, tuple[str, Shape]] = {
    "active": ("Open", "healthy"),
    "pending": ("Waiting", "attention"),
    "banned": ("Banned", "broken"),
    "leaving": ("Leaving", "off"),
}


def options(pairs: tuple[tuple[str, str], ...]) -> list[Option]:
    """Entries of a select."""
    return [Option(value=value, label=label) for value, label in pairs]


def person_row(user: User, channels: int = 0) -> PersonRow:
    """An account in the list."""
    word, shape = WORDS.get("leaving" if user.delete_at else user.state, (user.state, "off"))
    return PersonRow(
        username=user.username,
        name=user.display_name,
        hue=user.id.int % 360,
        email=user.email or "",
        role=user.role,
        state=word,
        shape=shape,
        created_at=user.created_at,
        last_seen_at=user.last_seen_at,
        channels=channels,
        bot=user.bot_of_id is not None,
    )


async def people_view(platform: Platform, users: list[User], values: dict[str, str], pager: Pager) -> AdminPeopleView:
    """A page of the list."""
    counts = await platform.domain.directory.count_channels(users)
    return AdminPeopleView(
        people=[person_row(user, counts.get(user.id, 0)) for user in users],
        values=values,
        states=options(STATES),
        roles=options(ROLES),
        waiting=len(await platform.domain.accounts.waiting(limit=100)),
        pager=pager,
    )


async def person_view(platform: Platform, found: Account, actor: Actor, form: Form[Any]) -> AdminPersonView:
    """An account and what can be done about it."""
    cards = Cards(platform)
    for channel in found.channels:
        channel.owner = found.user
    await cards.know(found.channels)
    return AdminPersonView(
        person=person_row(found.user, len(found.channels)),
        email_verified=found.user.email_verified_at is not None,
        sessions=found.sessions,
        channels=[cards.channel(channel) for channel in found.channels],
        delete_at=found.user.delete_at,
        own=found.user.id == actor.user_id,
        waits=found.user.state == "pending",
        banned=found.user.state == "banned",
        days=platform.domain.leaving.days,
        answers=await _answers(found.user),
        no_mails=await _no_mails(platform, found.user),
        form=form,
    )


async def _answers(user: User) -> str:
    """The user name of who answers for a bot; empty for people."""
    person = await User.get_or_none(id=user.bot_of_id) if user.bot_of_id else None
    return person.username if person else ""


async def _no_mails(platform: Platform, user: User) -> str:
    """Why the person's address gets no mails, in a sentence; empty when it gets them."""
    stop = await platform.domain.mail_stops.of(user.email)
    if stop is None:
        return ""
    what = "Mails to this address came back" if stop.reason == "bounced" else "Our mails were called unwanted there"
    return f"{what} on {stop.at:%d %B %Y}, so {platform.site.name} sends no more."


async def channels_view(
    platform: Platform, found: list[ListedChannel], values: dict[str, str], pager: Pager
) -> AdminChannelsView:
    """A page of the list."""
    cards = Cards(platform)
    await cards.know(one.channel for one in found)
    return AdminChannelsView(
        channels=[channel_row(cards, one) for one in found],
        values=values,
        shows=options(SHOWN),
        pager=pager,
    )


def channel_row(cards: Cards, one: ListedChannel) -> ChannelRow:
    """A channel in the list."""
    live = one.broadcast
    return ChannelRow(
        channel=cards.channel(one.channel, live=live is not None and not live.rehearsal),
        owner=one.channel.owner.username,
        listed=one.channel.visibility == "public",
        live=live is not None,
        held=one.channel.held_at is not None,
        held_reason=one.channel.held_reason,
        delete_at=one.channel.delete_at,
        title=live.title if live else "",
        rehearsal=live is not None and live.rehearsal,
    )
