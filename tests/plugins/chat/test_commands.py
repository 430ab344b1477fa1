"""Slash commands: the parser, who is offered what, and that nothing that begins with a slash is ever said."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.domain.rights import Right
from aethex_live.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, TooMany, Unauthenticated
from aethex_live.models import ChannelModerator
from aethex_live.scopes import Scope
from aethex_plugins.chat.command_acts import RATE, Answered
from aethex_plugins.chat.commands import Argument, Command, Commands, Order, is_command, parse, seconds_of, unescaped
from aethex_plugins.chat.modes import Modes


async def nothing(order: Order) -> str:
    return ""


def table() -> Commands:
    made = Commands()
    whom, time = Argument(name="name", kind="person"), Argument(name="time", kind="time", required=False)
    reason, switch = Argument(name="reason", kind="text", required=False), Argument(name="on", kind="switch")
    made.add(
        [
            Command(name="ban", arguments=(whom, time, reason), run=nothing, help="bans.", right=Right.CHAT_BAN),
            Command(name="say", arguments=(Argument(name="text", kind="text"),), run=nothing, help="says."),
            Command(name="set", arguments=(switch,), run=nothing, help="sets."),
        ]
    )
    return made


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("/ban @Wren", {"name": "wren", "time": None, "reason": None}),
        ("  /BAN wren 10m  being  rude ", {"name": "wren", "time": 600, "reason": "being rude"}),
        ("/ban wren 10 reasons", {"name": "wren", "time": 10, "reason": "reasons"}),
        ("/ban wren for that", {"name": "wren", "time": None, "reason": "for that"}),
        ("/say a 10m /b", {"text": "a 10m /b"}),
        ("/set OFF", {"on": False}),
    ],
)
def test_a_line_becomes_a_command_with_its_values(text: str, values: dict[str, Any]) -> None:
    assert parse(text, table())[1] == values


@pytest.mark.parametrize("text", ["/ban", "/ban a", "/ban <b>", "/say", "/set", "/set maybe", "/set on off"])
def test_wrong_usage_is_told_with_the_right_one(text: str) -> None:
    with pytest.raises(Invalid, match="Usage: /") as refusal:
        parse(text, table())
    assert refusal.value.code == "chat-command-usage"


@pytest.mark.parametrize("text", ["/", "/nothing", "/ ban wren", "/\u0131"])
def test_unknown_commands_lead_to_help(text: str) -> None:
    with pytest.raises(Invalid, match="/help") as refusal:
        parse(text, table())
    assert refusal.value.code == "chat-command-unknown"


@given(st.text(max_size=60).map(lambda text: f"/{text}"))
def test_whatever_follows_a_slash_is_a_command_or_a_refusal(text: str) -> None:
    try:
        command, values = parse(text, table())
    except Invalid as refusal:
        assert len(str(refusal)) < 300
        return
    assert set(values) == {argument.name for argument in command.arguments}
    assert all(values[argument.name] is not None for argument in command.arguments if argument.required)


@given(
    name=st.from_regex(r"[A-Za-z0-9_]{3,32}", fullmatch=True),
    seconds=st.none() | st.integers(0, 10**9 - 1),
    reason=st.lists(st.text(st.characters(codec="ascii", categories=("L",)), min_size=1), min_size=1).map(" ".join),
)
def test_what_is_written_by_the_usage_is_read_as_it_is_meant(name: str, seconds: int | None, reason: str) -> None:
    written = " ".join(part for part in ("/ban", f"@{name}", None if seconds is None else f"{seconds}", reason) if part)
    assert parse(written, table())[1] == {"name": name.lower(), "time": seconds, "reason": reason}


@given(st.text())
def test_a_message_is_a_command_escaped_or_itself(text: str) -> None:
    said = text.lstrip()
    assert is_command(text) == (said.startswith("/") and not said.startswith("//"))
    if not said.startswith("/"):
        assert unescaped(text) == text
    if said and not is_command(text):
        assert unescaped(f"/{said}") == said if said.startswith("/") else True


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("600", 600), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("7d", 604_800), ("2w", 1_209_600), ("0", 0)]
    + [(word, None) for word in ("", "m", "10x", "10m5", "-1", "1.5h", "\u0661\u0660", "9999999999", "999999999w")],
)
def test_lengths_of_time(word: str, seconds: int | None) -> None:
    assert seconds_of(word) == seconds


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="/ban is taken"):
        table().add([Command(name="ban", run=nothing, help="")])


# --- over a chat


async def told(world: Any, who: Any, text: str) -> str:
    answer = await world.say(who, text)
    assert isinstance(answer, Answered)
    return answer.text


async def test_commands_do_what_the_buttons_do(world: Any) -> None:
    here = world.channel.id
    await world.say(world.viewer, "spam")
    assert await told(world, world.moderator, "/delete @pixelwren") == "The last message of Pixelwren is removed."
    assert await told(world, world.moderator, "/timeout @pixelwren 2h being rude") == (
        "Pixelwren is timed out for 2 hours."
    )
    (row,) = await world.chat.shut_out(here, world.owner)
    assert (row.kind, row.reason) == ("timeout", "being rude")
    await told(world, world.moderator, "/untimeout pixelwren")
    assert await told(world, world.moderator, "/ban pixelwren 7d again") == "Pixelwren is banned for 1 week."
    assert await told(world, world.moderator, "/unban pixelwren") == "Pixelwren can write again."
    await told(world, world.moderator, "/warn pixelwren last time")
    await told(world, world.moderator, "/note pixelwren keep an eye")
    record = await world.chat.history.of(here, world.viewer.user_id, world.owner)
    assert (record.warning.reason, record.notes[0].text) == ("last time", "keep an eye")
    await world.say(world.other, "hello")
    assert await told(world, world.moderator, "/clear joule") == "All messages of Joule are removed."
    assert await told(world, world.moderator, "/clear") == "All messages are removed."
    assert await told(world, world.moderator, "/slow 1m") == "Slow mode: one message every 1 minute."
    await told(world, world.moderator, "/uniquechat")
    assert await world.chat.modes(here) == Modes(slow_s=60, unique_only=True)
    await told(world, world.moderator, "/uniquechat off")
    await told(world, world.moderator, "/emoteonly on")
    assert (await world.chat.modes(here)).emotes_only
    await told(world, world.moderator, "/emoteonly off")
    assert await told(world, world.moderator, "/slowoff") == "All modes are off."
    assert await told(world, world.moderator, "/shield") == "Shield mode is on."
    await told(world, world.moderator, "/shield off")
    assert [row["text"] for row in await world.rows() if row["kind"] == "message"] == ["spam", "hello"]


async def test_commands_pin_and_announce(world: Any) -> None:
    here = world.channel.id
    assert await told(world, world.moderator, "/pin Read the rules") == "This stands above the chat now."
    pinned = await world.chat.pins.read(here)
    assert (pinned.text, pinned.by_name, pinned.until) == ("Read the rules", world.moderator.name, None)
    await told(world, world.moderator, "/unpin")
    assert await world.chat.pins.read(here) is None
    assert await told(world, world.moderator, "/announce We begin at nine") == "It is announced."
    (said,) = [row for row in await world.rows() if row["kind"] == "message"]
    assert (said["text"], said["accent"]) == ("We begin at nine", "note")
    for text in ("/pin a", "/unpin", "/announce a"):
        with pytest.raises(Forbidden):
            await world.say(world.viewer, text)


async def test_everybody_blocks_by_a_command_for_themselves(world: Any) -> None:
    assert await told(world, world.viewer, "/block @Joule") == "You read nothing of @joule any more, in no chat here."
    assert await world.chat.blocks.ids_of(world.viewer.user_id) == {world.other.user_id}
    await told(world, world.viewer, "/unblock joule")
    assert not await world.chat.blocks.ids_of(world.viewer.user_id)
    with pytest.raises(NotFound):
        await world.say(world.viewer, "/block nobody_here")
    program = dataclasses.replace(world.viewer, scopes=frozenset({Scope.CHAT_WRITE}))
    with pytest.raises(Forbidden, match="scope"):
        await world.say(program, "/block joule")


async def test_two_slashes_are_a_message_that_begins_with_one(world: Any) -> None:
    await world.say(world.viewer, "//shrug")
    assert [row["text"] for row in await world.rows()] == ["/shrug"]


@pytest.mark.parametrize(
    "text", ["/ban", "/nothing", "/timeout @nobody_here", "/slow 3w", "/ban @nova_wire", "/warn joule"]
)
async def test_what_is_refused_is_never_said(world: Any, text: str) -> None:
    for who in (world.owner, world.moderator, world.viewer):
        with pytest.raises(Refusal):
            await world.say(who, text)
    assert await world.rows() == []


async def test_help_lists_what_the_person_may_use(world: Any) -> None:
    assert await told(world, world.viewer, "/help") == (
        "Your commands: /block <@name>, /help [command], /unblock <@name>."
    )
    await ChannelModerator.filter(user_id=world.moderator.user_id).update(rights=["chat.ban"])
    assert await told(world, world.moderator, "/help") == (
        "Your commands: /ban <@name> [time] [reason], /block <@name>, /help [command], /unban <@name>, "
        "/unblock <@name>."
    )
    assert (await told(world, world.owner, "/help /slow")).startswith("/slow [time] - turns slow mode on")
    with pytest.raises(NotFound):
        await world.say(world.moderator, "/help slow")


async def test_commands_of_moderators_are_refused_to_others(world: Any, guest: Any) -> None:
    for text in ("/ban joule", "/clear", "/shield", "/slow", "/timeout joule", "/warn joule x", "/note joule x"):
        with pytest.raises(Forbidden):
            await world.say(world.viewer, text)
    with pytest.raises(Unauthenticated):
        await world.say(guest, "/help")
    with pytest.raises(Unauthenticated):
        await world.chat.commands.offered(world.channel.id, guest)


async def test_a_token_that_may_only_write_does_not_moderate(world: Any) -> None:
    program = dataclasses.replace(world.owner, scopes=frozenset({Scope.CHAT_WRITE}))
    with pytest.raises(Forbidden, match="scope"):
        await world.say(program, "/ban joule")
    await told(world, program, "/help")
    await told(world, dataclasses.replace(program, scopes=frozenset({Scope.MODERATE})), "/ban joule")


async def test_who_is_shut_out_commands_nothing(world: Any) -> None:
    await world.chat.moderation.time_out(world.channel.id, world.moderator.user_id, world.owner, seconds=60)
    with pytest.raises(Forbidden, match="yourself"):
        await world.say(world.moderator, "/ban joule")


async def test_commands_have_a_rate_of_their_own(world: Any) -> None:
    for _ in range(RATE):
        await world.say(world.viewer, "/help")
    with pytest.raises(TooMany):
        await world.say(world.viewer, "/help")
    await world.say(world.viewer, "and messages go on")


async def test_deleting_the_last_message_of_who_said_nothing(world: Any) -> None:
    with pytest.raises(Conflict, match="No message of Joule"):
        await world.say(world.owner, "/delete joule")
