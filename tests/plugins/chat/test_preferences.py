"""How somebody likes their chats: what is kept, and that nothing a browser sends can break a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Unauthenticated
from aethex_plugins.chat.blocks import my_topic
from aethex_plugins.chat.preferences import USUAL, Look, hour

CHOICES: dict[str, list[str]] = {
    name: list(field.annotation.__args__) if field.annotation else [] for name, field in Look.model_fields.items()
}
looks = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}).map(
    lambda values: Look(**values)  # type: ignore[arg-type]  # each value is of its field's choices
)


@given(looks)
def test_a_cookie_brings_back_what_was_put_in(look: Look) -> None:
    assert Look.of_cookie(look.as_cookie()) == look
    assert len(look.as_cookie()) <= 200


@given(st.text(max_size=300))
def test_any_cookie_gives_a_look(text: str) -> None:
    assert isinstance(Look.of_cookie(text), Look)


@given(st.dictionaries(st.sampled_from([*CHOICES, "gone"]), st.one_of(st.none(), st.integers(), st.text(max_size=12))))
def test_what_another_version_kept_is_read_as_far_as_it_fits(values: dict[str, Any]) -> None:
    look = Look.of(values)
    for name, value in look:
        assert value in CHOICES[name]
        assert value == values.get(name) or value == getattr(USUAL, name)


def test_the_first_of_each_is_the_usual() -> None:
    assert USUAL.as_cookie() == ""
    assert {name: values[0] for name, values in CHOICES.items()} == USUAL.model_dump()


async def test_an_account_keeps_its_choices_and_its_pages_hear_them(world: Any, guest: Any) -> None:
    await world.chat.looks.choose(world.viewer, Look(times="12", size="large"))
    await world.chat.looks.choose(world.viewer, Look(size="largest"))
    assert (await world.chat.room(world.channel.id, world.viewer)).look == Look(size="largest")
    assert (await world.chat.room(world.channel.id, world.other)).look == USUAL
    assert [told.topic for told in world.topics.heard] == [my_topic(world.viewer.user_id)] * 2
    assert world.topics.heard[-1].data["size"] == "largest"
    with pytest.raises(Unauthenticated):
        await world.chat.looks.choose(guest, USUAL)


def test_hours_are_of_24_or_of_12() -> None:
    moment = datetime(2026, 1, 1, 21, 46, tzinfo=UTC)
    assert (hour(moment, "24"), hour(moment, "off"), hour(moment, "12")) == ("21:46", "21:46", "9:46 PM")
