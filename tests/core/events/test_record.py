"""Recording events, and their way into JSON and back."""

import contextlib
import uuid
from dataclasses import dataclass
from datetime import UTC
from typing import Any, ClassVar

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.db import Database
from aethex_live.errors import AethexError, PluginError
from aethex_live.events import Event, EventTypes, record
from aethex_live.events.registry import core_events, payload_of
from aethex_live.events.types import UserBanned
from aethex_live.ids import derived_id
from aethex_live.models import Event as Row

BANNED = UserBanned(user_id=uuid.uuid4(), reason="spam")
JSON = st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class TipGiven(Event):
    type: ClassVar[str] = "tips.given"
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameless(Event):
    type: ClassVar[str] = "given"


async def test_an_event_is_stored_with_its_facts(database: Database) -> None:
    actor, channel = uuid.uuid4(), uuid.uuid4()
    async with database.transaction():
        assert await record(BANNED, subject="user:1", actor=actor, channel=channel)
    row = await Row.get()
    assert (row.type, row.version, row.subject) == ("user.banned", 1, "user:1")
    assert (row.actor_id, row.channel_id, row.position) == (actor, channel, None)
    assert row.payload == {"user_id": str(BANNED.user_id), "reason": "spam"}
    assert row.occurred_at.tzinfo is not None


async def test_an_event_goes_with_its_transaction(database: Database) -> None:
    with contextlib.suppress(RuntimeError):
        async with database.transaction():
            await record(BANNED, subject="user:1")
            raise RuntimeError
    assert await Row.all().count() == 0


async def test_outside_of_a_transaction_nothing_is_recorded(database: Database) -> None:
    with pytest.raises(AethexError, match=r"user\.banned must be recorded inside"):
        await record(BANNED, subject="user:1")


async def test_the_same_fact_told_twice_is_stored_once(database: Database) -> None:
    told = []
    for _ in range(2):
        async with database.transaction():
            told.append(await record(BANNED, subject="user:1", id=derived_id("banned", 1)))
    assert told == [True, False]
    assert await Row.all().count() == 1


def test_every_core_type_has_a_name_and_a_sentence() -> None:
    names = [event_type.type for event_type in core_events()]
    assert len(names) == len(set(names)) >= 18
    assert all((event_type.__doc__ or "").rstrip().endswith(".") for event_type in core_events())


@settings(max_examples=40, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("event_type", core_events(), ids=lambda event_type: event_type.type)
def test_every_core_event_survives_the_way_through_json(event_type: type[Event], data: st.DataObject) -> None:
    fields: dict[str, Any] = {}
    for name in {"playback", "data"} & event_type.__dataclass_fields__.keys():
        fields[name] = JSON
    for name in {"started_at", "ended_at", "happened_at"} & event_type.__dataclass_fields__.keys():
        fields[name] = st.datetimes(timezones=st.just(UTC))
    for name in {"window_s", "duration"} & event_type.__dataclass_fields__.keys():
        fields[name] = st.floats(allow_nan=False, allow_infinity=False)
    for name in {"key_version", "version_accepted"} & event_type.__dataclass_fields__.keys():
        fields[name] = st.integers(1, 2**31 - 1)
    if "fields" in event_type.__dataclass_fields__:
        fields["fields"] = st.lists(st.text(max_size=5))
    event = data.draw(st.builds(event_type, **fields))
    stored = orjson.loads(orjson.dumps(payload_of(event)))
    assert EventTypes().decode(event.type, event.version, stored) == event


def test_types_of_a_plugin_are_decoded_once_they_are_added() -> None:
    types = EventTypes()
    assert types.decode("tips.given", 1, {"amount": 3}) is None
    types.add("tips", [TipGiven])
    assert types.decode("tips.given", 1, {"amount": 3}) == TipGiven(amount=3)
    assert types.decode("tips.given", 1, {"amount": 3, "more": "from newer code"}) == TipGiven(amount=3)


@pytest.mark.parametrize(("version", "payload"), [(2, {"amount": 3}), (1, {}), (1, {"amount": "much"})])
def test_what_does_not_fit_the_type_is_not_decoded(version: int, payload: dict[str, Any]) -> None:
    types = EventTypes()
    types.add("tips", [TipGiven])
    assert types.decode("tips.given", version, payload) is None


@pytest.mark.parametrize(
    ("plugin", "declared", "sentence"),
    [
        ("polls", [TipGiven], "must look like polls.something_happened"),
        ("given", [Nameless], "must look like given.something_happened"),
        ("tips", [TipGiven, TipGiven], "declares the event tips.given twice"),
        ("tips", [dict], "no dataclass derived from Event"),
        ("tips", ["tips.given"], "no dataclass derived from Event"),
    ],
)
def test_a_type_that_breaks_the_rules_is_refused_by_name(plugin: str, declared: list[Any], sentence: str) -> None:
    with pytest.raises(PluginError, match=sentence):
        EventTypes().add(plugin, declared)
