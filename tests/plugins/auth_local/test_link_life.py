"""The life of links, against a model: whatever is done, a link opens once, in time, for its purpose."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.errors import NotFound
from aethex_live.ids import uuid7
from aethex_live.models import User
from aethex_live.secrets import Secrets
from aethex_plugins.auth_local.links import CONFIRM, RESET, REVERT, Links
from aethex_plugins.auth_local.models import Link

PURPOSES = (CONFIRM, RESET, REVERT)
LIFE = timedelta(minutes=60)

make = st.tuples(st.just("make"), st.sampled_from(PURPOSES), st.integers(0, 1))
again = st.tuples(st.just("again"), st.integers(0, 9), st.just(0))
take = st.tuples(st.just("take"), st.sampled_from(PURPOSES), st.integers(0, 9))
check = st.tuples(st.just("check"), st.sampled_from(PURPOSES), st.integers(0, 9))
wait = st.tuples(st.just("wait"), st.integers(1, 70), st.just(0))
tidy = st.tuples(st.just("tidy"), st.just(0), st.just(0))
forge = st.tuples(st.just("forge"), st.sampled_from(PURPOSES), st.text(max_size=20))


@dataclass
class Known:
    """What the model knows of a link."""

    link_id: UUID
    token: str
    purpose: str
    person: int
    until: datetime
    alive: bool = True


async def people() -> list[UUID]:
    made = []
    for _ in range(2):
        name = f"u{uuid4().hex[:12]}"
        made.append((await User.create(id=uuid7(), username=name, username_key=name, display_name=name)).id)
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.one_of(make, make, again, take, take, check, wait, tidy, forge), max_size=30))
async def test_a_link_opens_once_in_time_for_its_purpose_and_its_person(rolled_back: Database, acts: list[tuple]):
    clock = ManualClock()
    links = Links(Secrets(b"x" * 32, clock), clock)
    who, known = await people(), []
    for act, first, second in acts:
        if act == "make":
            link_id = uuid7()
            token = await links.make(link_id, first, who[second], "a@example.org", LIFE)
            if first != REVERT:
                for other in known:
                    other.alive = other.alive and not (other.purpose == first and other.person == second)
            known.append(Known(link_id, token, first, second, clock.now() + LIFE))
        elif act == "again" and known and _lives(row := known[first % len(known)], clock):
            # a job that runs twice makes the link that it made
            assert await links.make(row.link_id, row.purpose, who[row.person], "a@example.org", LIFE) == row.token
        elif act in {"take", "check"} and known:
            row = known[second % len(known)]
            good = row.purpose == first and _lives(row, clock)
            assert await _opens(links, act, first, row.token, who[row.person]) is good
            row.alive = row.alive and not (good and act == "take")
        elif act == "wait":
            clock.advance(first * 60)
        elif act == "tidy":
            await links.tidy()
        elif act == "forge":
            assert await _opens(links, "take", first, second, who[0]) is False
    left = await Link.filter(user_id__in=who, expires_at__gt=clock.now()).count()
    assert left == sum(_lives(row, clock) for row in known)


def _lives(known: Known, clock: ManualClock) -> bool:
    return known.alive and known.until > clock.now()


async def _opens(links: Links, act: str, purpose: str, token: str, person: UUID) -> bool:
    try:
        link = await (links.take if act == "take" else links.check)(purpose, token)
    except NotFound:
        return False
    assert link.user_id == person
    return True


async def test_of_many_takers_at_once_one_gets_the_link(database: Database):
    clock = ManualClock()
    links = Links(Secrets(b"x" * 32, clock), clock)
    token = await links.make(uuid7(), RESET, (await people())[0], "a@example.org", LIFE)

    async def take() -> bool:
        database.bind()
        async with database.transaction():
            return await _opens(links, "take", RESET, token, (await Link.get_or_none(purpose=RESET) or Link()).user_id)

    async def safely() -> bool:
        try:
            return await take()
        except AssertionError:
            return False

    assert sum(await asyncio.gather(*(safely() for _ in range(6)))) == 1


def test_another_sites_secret_makes_other_tokens():
    clock, link_id = ManualClock(), uuid7()
    one, two = (Links(Secrets(secret * 32, clock), clock).token(link_id) for secret in (b"x", b"y"))
    assert one != two
