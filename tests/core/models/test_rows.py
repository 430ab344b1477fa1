"""The rules that the tables keep by themselves, whoever writes them."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from aethex_live import models
from aethex_live.db import Database
from aethex_live.models import Broadcast, Category, Channel, ChannelModerator, Identity, Ingest, Outbox, Recording, User

NOW = datetime.now(UTC)


async def person(name: str = "Ada", **more: Any) -> User:
    return await User.create(username=name, username_key=name.lower(), display_name=name, **more)


async def channel(owner: User, slug: str = "ada", **more: Any) -> Channel:
    return await Channel.create(owner=owner, slug=slug, name=slug, **more)


async def broadcast(place: Channel, **more: Any) -> Broadcast:
    facts = {"provider": "local", "provider_id": str(uuid.uuid4()), "started_at": NOW} | more
    return await Broadcast.create(channel=place, **facts)


@pytest.mark.parametrize("name", sorted(models.__all__))
async def test_every_row_can_be_read(rolled_back: Database, name: str) -> None:
    model: type[Model] = getattr(models, name)
    await model.all().limit(1)
    assert model._meta.db_table.startswith("core_")


async def test_names_are_taken_without_regard_to_case(rolled_back: Database) -> None:
    await person("Ada")
    with pytest.raises(IntegrityError):
        await person("ADA")


async def test_many_accounts_may_have_no_address(rolled_back: Database) -> None:
    await person("Ada")
    await person("Bob")


@pytest.mark.parametrize(
    "wrong", [{"role": "boss"}, {"state": "asleep"}, {"email_key": "taken@x.org"}], ids=["role", "state", "email"]
)
async def test_an_account_with_a_wrong_fact_is_refused(rolled_back: Database, wrong: dict[str, str]) -> None:
    await person("Bob", email="Taken@x.org", email_key="taken@x.org")
    with pytest.raises(IntegrityError):
        await person("Ada", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"slug": "Ada"}, {"slug": "ab"}, {"slug": "a b c"}, {"hue": 360}, {"visibility": "secret"}, {"about": "x" * 2001}],
    ids=lambda wrong: "-".join(wrong),
)
async def test_a_channel_with_a_wrong_fact_is_refused(rolled_back: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        await channel(await person(), **wrong)


@pytest.mark.parametrize(
    "wrong", [{"state": "ended"}, {"ended_at": NOW}, {"state": "paused"}, {"end_reason": "boredom"}]
)
async def test_a_broadcast_that_contradicts_itself_is_refused(rolled_back: Database, wrong: dict[str, Any]) -> None:
    place = await channel(await person())
    with pytest.raises(IntegrityError):
        await broadcast(place, **wrong)


async def test_a_provider_names_a_thing_once(rolled_back: Database) -> None:
    place = await channel(await person())
    await broadcast(place, provider_id="1")
    await broadcast(place, provider_id="1", provider="mux")
    with pytest.raises(IntegrityError):
        await broadcast(place, provider_id="1")


async def test_an_account_takes_all_that_is_its_own_with_it(rolled_back: Database) -> None:
    owner, guest = await person("Ada"), await person("Bob")
    place = await channel(owner)
    await Identity.create(user=owner, provider="local", subject="1")
    await ChannelModerator.create(channel=place, user=guest, rights=["delete"])
    await Ingest.create(channel=place, provider="local", provider_id="1")
    await broadcast(place)
    await owner.delete()
    for model in (Identity, Channel, ChannelModerator, Ingest, Broadcast):
        assert await model.all().count() == 0
    assert await User.all().count() == 1


async def test_what_outlives_its_origin_forgets_it(rolled_back: Database) -> None:
    art = await Category.get(slug="art")
    place = await channel(await person(), category=art)
    ingest = await Ingest.create(channel=place, provider="local", provider_id="1")
    live = await broadcast(place, ingest=ingest, category=art)
    kept = await Recording.create(channel=place, broadcast=live, provider="local", provider_id="1")
    await ingest.delete()
    await art.delete()
    assert (await Broadcast.get(id=live.id)).ingest_id is None
    assert (await Channel.get(id=place.id)).category_id is None
    await live.delete()
    assert (await Recording.get(id=kept.id)).broadcast_id is None


async def test_ids_sort_by_the_time_they_were_made(rolled_back: Database) -> None:
    first = await Outbox.create(plugin="a", topic="a.b", payload={})
    await rolled_back.fetch("select pg_sleep(0.002)")
    second = await Outbox.create(plugin="a", topic="a.b", payload={})
    assert first.id < second.id
    assert first.id.version == 7
