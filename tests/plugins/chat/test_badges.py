"""Badges that plugins give: decided at send, stored with the line, asked for at most once a minute."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orjson import loads

from aethex_live.hookspecs.chat import ChatBadge
from aethex_live.realtime.packets import dumps
from aethex_plugins.chat.badges import Badges, as_stored, shows

FAN = ChatBadge(key="fan.3", label="Three months", icon="/static/p/fan/3.svg")


async def test_badges_stand_by_the_line_live_in_the_history_and_after_a_break(world: Any) -> None:
    world.hooks.badges[world.viewer.user_id] = [FAN]
    await world.say(world.viewer)
    stored = [{"key": "fan.3", "label": "Three months", "icon": "/static/p/fan/3.svg"}]
    assert world.topics.heard[-1].data["badges"] == stored
    (entry,) = await world.chat.messages(world.channel.id, world.other, before=None, limit=1)
    assert entry.badges == stored
    (missed,) = await world.chat.missed(f"chat:{world.channel.id}", 0, 10)
    assert loads(dumps(missed.data)) == loads(dumps(world.topics.heard[-1].data))


async def test_what_was_said_keeps_the_badges_of_then(world: Any) -> None:
    world.hooks.badges[world.viewer.user_id] = [FAN]
    await world.say(world.viewer, "then")
    world.hooks.badges.clear()
    world.clock.advance(61)
    await world.say(world.viewer, "now")
    then, now = await world.chat.messages(world.channel.id, world.other, before=None, limit=2)
    assert (len(then.badges), len(now.badges)) == (1, 0)


async def test_at_most_three_are_shown(world: Any) -> None:
    world.hooks.badges[world.viewer.user_id] = [
        ChatBadge(key=f"b{number}", label=f"Badge {number}", icon="/b.svg") for number in range(5)
    ]
    await world.say(world.viewer)
    assert [badge["key"] for badge in world.topics.heard[-1].data["badges"]] == ["b0", "b1", "b2"]


async def test_plugins_are_asked_once_a_minute_for_each_person(world: Any) -> None:
    for _ in range(3):
        await world.say(world.viewer)
    assert world.hooks.badges_asked == 1
    await world.say(world.other)
    world.clock.advance(61)
    await world.say(world.viewer)
    assert world.hooks.badges_asked == 3


async def test_a_kept_badge_costs_a_message_microseconds(world: Any) -> None:
    badges = Badges(world.context)
    user, channel = world.viewer.user_id, world.channel.id
    await badges.of(user, channel)
    best = 1.0
    for _ in range(20):  # the best of many: other programs share this machine
        began = time.perf_counter()
        for _ in range(200):
            await badges.of(user, channel)
        best = min(best, (time.perf_counter() - began) / 200)
    assert best < 10e-6


@pytest.mark.parametrize(
    "badge",
    [
        ChatBadge(key="Fan club", label="x", icon="/a.svg"),
        ChatBadge(key="fan", label=" ", icon="/a.svg"),
        ChatBadge(key="fan", label="x" * 41, icon="/a.svg"),
        ChatBadge(key="fan", label="a\nb", icon="/a.svg"),
        ChatBadge(key="fan", label="x", icon="https://elsewhere.example/a.svg"),
        ChatBadge(key="fan", label="x", icon="//elsewhere.example/a.svg"),
        ChatBadge(key="fan", label="x", icon="javascript:alert(1)"),
        ChatBadge(key="fan", label="x", icon='/a.svg" onerror="x'),
    ],
)
def test_what_pages_could_not_show_is_left_out(badge: ChatBadge) -> None:
    assert not shows(badge)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_plugin_says_a_shown_badge_is_a_picture_of_this_site(key: str, label: str, icon: str) -> None:
    badge = ChatBadge(key=key, label=label, icon=icon)
    if shows(badge):
        stored = as_stored(badge)
        assert stored["icon"].startswith("/")
        assert not stored["icon"].startswith("//")
        assert not set(stored["icon"]) & set("\"'<> \\")
