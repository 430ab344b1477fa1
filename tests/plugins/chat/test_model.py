"""Chat against a model of it: any order of messages, repeats and acts, alone and at once, in two processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aethex_live.actor import Actor
from aethex_live.errors import Conflict, Forbidden, Refusal
from aethex_live.ids import uuid7
from aethex_live.models import ChannelModerator

PEOPLE = ("owner", "operator", "mod_a", "mod_b", "fan_a", "fan_b")
RANK = {"owner": 2, "operator": 2, "mod_a": 1, "mod_b": 1, "fan_a": 0, "fan_b": 0}
RECENT_S = 120

WHO = st.sampled_from(PEOPLE)
FANS = st.sampled_from(("mod_a", "fan_a", "fan_b"))
SAY = st.tuples(st.just("say"), WHO, st.integers(0, 3))
DELETE = st.tuples(st.just("delete"), WHO, st.integers(0, 9))
TIMEOUT = st.tuples(st.just("timeout"), WHO, FANS, st.sampled_from((1, 60, 3600)))
BAN = st.tuples(st.just("ban"), WHO, WHO)
LIFT = st.tuples(st.just("lift"), WHO, WHO)
WAIT = st.tuples(st.just("wait"), st.sampled_from((1, 59, 61, 3601)))
STEPS = st.lists(st.one_of(SAY, SAY, SAY, DELETE, TIMEOUT, BAN, LIFT, WAIT), max_size=25)
ROUGH = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass
class Said:
    who: str
    client: str
    at: datetime
    gone: bool = False


@dataclass
class Model:
    """What chat should do, without database or concurrency."""

    now: datetime
    said: list[Said] = field(default_factory=list)
    out: dict[str, datetime | None] = field(default_factory=dict)

    def shut_out(self, who: str) -> bool:
        return who in self.out and (self.out[who] is None or self.out[who] > self.now)  # type: ignore[operator]

    def power(self, by: str, target: str) -> bool:
        moderates = RANK[by] > 0 and not self.shut_out(by)
        return moderates and by != target and RANK[target] < 2 and (RANK[by] == 2 or RANK[target] == 0)

    def step(self, step: tuple[Any, ...]) -> type[Refusal] | None:
        """Do it; the refusal that is expected instead, if any."""
        return getattr(self, step[0])(*step[1:])

    def say(self, who: str, client: int) -> type[Refusal] | None:
        if any(line.who == who and line.client == str(client) for line in self.said):
            return None
        if self.shut_out(who):
            return Forbidden
        self.said.append(Said(who, str(client), self.now))
        return None

    def delete(self, by: str, index: int) -> type[Refusal] | None:
        line = self.said[index % len(self.said)]
        if line.who != by and not self.power(by, line.who):
            return Forbidden
        line.gone = True
        return None

    def timeout(self, by: str, target: str, seconds: int) -> type[Refusal] | None:
        if not self.power(by, target):
            return Forbidden
        if self.shut_out(target) and self.out[target] is None:
            return Conflict
        return self._restrict(target, self.now + timedelta(seconds=seconds))

    def ban(self, by: str, target: str) -> type[Refusal] | None:
        return self._restrict(target, None) if self.power(by, target) else Forbidden

    def _restrict(self, target: str, until: datetime | None) -> None:
        self.out[target] = until
        for line in self.said:
            line.gone |= line.who == target and line.at > self.now - timedelta(seconds=RECENT_S)

    def lift(self, by: str, target: str) -> type[Refusal] | None:
        owner = RANK[by] == 2 and by != target
        if not owner and not self.power(by, target):
            return Forbidden
        if not self.shut_out(target):
            return Conflict
        del self.out[target]
        return None

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Real:
    """The same steps on the real thing."""

    world: Any
    people: dict[str, Actor]
    chats: list[Any]
    places: list[Any] = field(default_factory=list)
    turn: int = 0

    @classmethod
    async def of(cls, build: Any) -> Real:
        world = await build(rate_messages=1000, moderator_rate_messages=1000, remove_recent_s=RECENT_S)
        people = {"owner": world.owner}
        for name in PEOPLE[1:]:
            role = "operator" if name == "operator" else "member"
            people[name] = await world.account(f"{name}_{uuid7().hex[-8:]}", role=role)
        for name in ("mod_a", "mod_b"):
            await ChannelModerator.create(
                id=uuid7(), channel=world.channel, user_id=people[name].user_id, rights=["chat"]
            )
        return cls(world, people, [world.chat, await world.another()])

    def step(self, step: tuple[Any, ...]) -> Awaitable[Any]:
        kind, *rest = step
        self.turn += 1
        chat = self.chats[self.turn % 2]
        channel, act = self.world.channel.id, chat.moderation
        match kind, rest:
            case "say", [who, client]:
                return chat.send(channel, self.people[who], f"{who} {client}", client_id=str(client))
            case "delete", [by, index]:
                return act.delete(channel, self.places[index % len(self.places)].id, self.people[by])
            case "timeout", [by, target, seconds]:
                return act.time_out(channel, self.people[target].user_id, self.people[by], seconds=seconds)
            case "ban", [by, target]:
                return act.ban(channel, self.people[target].user_id, self.people[by])
            case _, [by, target]:
                return act.lift(channel, self.people[target].user_id, self.people[by])
        raise AssertionError(step)

    async def check_sequence(self) -> list[dict[str, Any]]:
        """Numbers have no gap, everything stored was told once, and what is missed is what was told."""
        rows = await self.world.rows()
        expected = list(range(1, len(rows) + 1))
        assert [row["seq"] for row in rows] == expected
        assert len({(row["author_id"], row["client_id"]) for row in rows}) == len(rows)
        heard = sorted(self.world.topics.heard, key=lambda told: told.seq)
        assert [told.seq for told in heard] == expected
        assert len({told.epoch for told in heard}) <= 1
        topic = f"chat:{self.world.channel.id}"
        assert (await self.world.chat.head(topic)).seq == len(rows)
        missed = await self.world.chat.missed(topic, 0, 1000)
        assert [(message.seq, message.name) for message in missed] == [(told.seq, told.name) for told in heard]
        return rows

    async def check_views(self) -> None:
        """A page that heard everything shows what a page that is opened now shows."""
        live: dict[str, str] = {}
        for told in sorted(self.world.topics.heard, key=lambda told: told.seq):
            if told.name == "line":
                live[told.data["id"]] = told.data["text"]
            for line_id in told.data.get("ids", ()):
                live.pop(line_id, None)
        entries = await self.world.chat.messages(self.world.channel.id, self.people["fan_a"], before=None, limit=100)
        assert [(str(entry.id), entry.text) for entry in entries] == list(live.items())


@ROUGH
@given(steps=STEPS)
async def test_one_after_the_other_it_does_what_the_model_does(build: Any, steps: list[tuple[Any, ...]]) -> None:
    real = await Real.of(build)
    model = Model(real.world.clock.now())
    for step in steps:
        if step[0] == "delete" and not model.said:
            continue
        expected = model.step(step)
        if step[0] == "wait":
            real.world.clock.advance(step[1])
            continue
        (answer,) = await asyncio.gather(real.step(step), return_exceptions=True)
        if expected is not None:
            assert isinstance(answer, expected), (step, answer)
            continue
        assert not isinstance(answer, BaseException), (step, answer)
        if step[0] == "say" and answer not in real.places:
            real.places.append(answer)
    rows = await real.check_sequence()
    await real.check_views()
    lines = [row for row in rows if row["kind"] == "message"]
    assert [(row["text"], row["deleted_at"] is not None) for row in lines] == [
        (f"{line.who} {line.client}", line.gone) for line in model.said
    ]
    await asyncio.gather(*(chat.close() for chat in real.chats))


@ROUGH
@given(first=st.lists(SAY, max_size=6), groups=st.lists(STEPS, max_size=4))
async def test_all_at_once_it_keeps_its_promises(
    build: Any, first: list[tuple[Any, ...]], groups: list[list[tuple[Any, ...]]]
) -> None:
    real = await Real.of(build)
    real.places = [await real.step(step) for step in first]
    for group in groups:
        steps = [step for step in group if step[0] not in ("wait", *(() if real.places else ("delete",)))]
        results = await asyncio.gather(*(real.step(step) for step in steps), return_exceptions=True)
        assert not [r for r in results if isinstance(r, BaseException) and not isinstance(r, Refusal)]
        assert not [r for r in results if isinstance(r, Refusal) and r.status == 503]
    rows = await real.check_sequence()
    await real.check_views()
    # nothing of somebody stands between the act that shut them out and the one that let them back in
    out: set[str] = set()
    for row in rows:
        name, data = (row["act"]["name"], row["act"]["data"]) if row["act"] else ("line", {})
        if name == "restricted":
            out.add(data["user"])
        elif name == "lifted":
            out.discard(data["user"])
        elif name == "line":
            assert str(row["author_id"]) not in out
    await asyncio.gather(*(chat.close() for chat in real.chats))
