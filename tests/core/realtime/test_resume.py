"""Coming back: exactly what was missed, no hole and nothing twice, or a clear word that it can't be had."""

import asyncio
import random

import pytest
from rt_support import RawClient, Site, Store, make_site, serving, until

TOPIC = "chat:one"


class Reader:
    """A page: remembers what it has shown and resumes from there."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.shown: list[int] = []
        self.reloads = 0
        self.epoch: str | None = None
        self.client: RawClient

    async def come(self) -> None:
        self.client = await RawClient.connect(self.port)
        last = self.shown[-1] if self.shown else 0
        answer = await self.client.call("subscribe", {"topic": TOPIC, "last": last, "epoch": self.epoch})
        assert answer["ok"], answer
        assert "reload" not in answer
        self.epoch = answer["epoch"]
        self.shown += [seq for seq, _, _ in answer["missed"]]

    async def read_until(self, seq: int) -> None:
        while not self.shown or self.shown[-1] < seq:
            _, _, messages = await self.client.event("batch")
            self.shown += [number for number, _, _ in messages]

    async def drop(self) -> None:
        """Lose the connection, with whatever is on its way."""
        await self.client.close()


@pytest.mark.parametrize("ring", [16, 512], ids=["from the store", "from memory"])
async def test_twenty_forced_reconnects_lose_nothing_and_double_nothing(ring: int) -> None:
    # Given a line every millisecond or two, a store that takes its time, and a reader
    async with serving(make_site(ring_messages=ring, tick_ms=10)) as site:
        site.store.delay = 0.003
        chance = random.Random(ring)
        reader = Reader(site.port)
        running = True

        async def talk() -> None:
            while running:
                site.say(TOPIC, "line")
                await asyncio.sleep(chance.uniform(0.0005, 0.002))

        talking = asyncio.create_task(talk())
        # When it is thrown out twenty times
        for _ in range(20):
            await reader.come()
            await reader.read_until(len(reader.shown) + chance.randint(0, 30))
            await reader.drop()
            await asyncio.sleep(chance.uniform(0, 0.05))
        running = False
        await talking
        await reader.come()
        total = len(site.store.rows[TOPIC])
        await reader.read_until(total)
        # Then it has shown every line once, in order
        assert reader.shown == list(range(1, total + 1))
        assert total > 300
        assert ring > 16 or site.store.reads, "a small memory must have sent the reader to the store"
        await reader.drop()


async def test_a_new_client_starts_at_the_head(site: Site) -> None:
    for i in range(5):
        site.store.write(TOPIC, str(i))
    client = await RawClient.connect(site.port)
    answer = await client.call("subscribe", {"topic": TOPIC})
    assert (answer["seq"], answer["missed"]) == (5, [])
    await client.close()


async def test_the_page_that_was_rendered_before_gets_what_came_since(site: Site) -> None:
    for i in range(5):
        site.store.write(TOPIC, str(i))
    client = await RawClient.connect(site.port)
    answer = await client.call("subscribe", {"topic": TOPIC, "last": 3, "epoch": "e1"})
    assert [(seq, data["text"]) for seq, _, data in answer["missed"]] == [(4, "3"), (5, "4")]
    await client.close()


async def test_all_who_return_after_a_restart_together_ask_the_store_once(site: Site) -> None:
    for i in range(100):
        site.store.write(TOPIC, str(i))
    clients = await asyncio.gather(*(RawClient.connect(site.port) for _ in range(30)))
    wish = {"topic": TOPIC, "last": 60, "epoch": "e1"}
    answers = await asyncio.gather(*(client.call("subscribe", wish) for client in clients))
    assert [len(answer["missed"]) for answer in answers] == [40] * 30
    assert site.store.reads == 1
    for client in clients:
        await client.close()


async def reload_of(site: Site, **wish: object) -> dict[str, object]:
    client = await RawClient.connect(site.port)
    answer: dict[str, object] = await client.call("subscribe", {"topic": TOPIC, **wish})
    site.say(TOPIC, "next")
    assert (await client.lines(1))[0][1] == "next", "it hears the topic nevertheless"
    await client.close()
    return answer


async def test_after_a_restore_of_the_store_the_client_reloads(site: Site) -> None:
    site.store.write(TOPIC, "old")
    answer = await reload_of(site, last=1, epoch="e0")
    assert answer["reload"] is True
    assert answer["epoch"] == "e1"
    assert "missed" not in answer


async def test_who_missed_too_much_reloads() -> None:
    async with serving(make_site(resume_limit=10)) as site:
        for i in range(12):
            site.store.write(TOPIC, str(i))
        assert (await reload_of(site, last=1, epoch="e1"))["reload"] is True


async def test_who_missed_what_the_store_has_forgotten_reloads(site: Site) -> None:
    for i in range(12):
        site.store.write(TOPIC, str(i))
    site.store.first_kept = 5
    assert (await reload_of(site, last=3, epoch="e1"))["reload"] is True


async def test_who_claims_to_be_ahead_of_the_store_reloads(site: Site) -> None:
    assert (await reload_of(site, last=99, epoch="e1"))["reload"] is True


async def test_who_comes_from_a_process_that_was_ahead_gets_nothing_twice(site: Site) -> None:
    # Given: this process has heard of 1, another one has shown its client up to 3
    client = await RawClient.connect(site.port)
    await client.call("subscribe", {"topic": TOPIC})
    site.say(TOPIC, "1")
    assert await client.lines(1) == [(1, "1")]
    rows = [site.store.write(TOPIC, str(i)) for i in (2, 3)]
    # When that client comes here
    other = await RawClient.connect(site.port)
    answer = await other.call("subscribe", {"topic": TOPIC, "last": 3, "epoch": "e1"})
    for row in rows:
        site.engine.publish(TOPIC, row.name, row.data, seq=row.seq)
    site.say(TOPIC, "4")
    # Then
    assert answer["missed"] == []
    assert await other.lines(1) == [(4, "4")]
    assert await client.lines(3) == [(2, "2"), (3, "3"), (4, "4")]
    await client.close()
    await other.close()


async def test_a_store_that_fails_is_said_and_the_next_try_works(site: Site) -> None:
    client = await RawClient.connect(site.port)
    site.store.broken = True
    answer = await client.call("subscribe", {"topic": TOPIC})
    assert answer["problem"]["type"] == "urn:aethex:problem:unavailable"
    assert answer["problem"]["retry_after"] > 0
    site.store.broken = False
    assert (await client.call("subscribe", {"topic": TOPIC}))["ok"]
    await client.close()


async def test_a_missing_message_is_read_from_the_store() -> None:
    async with serving(make_site(gap_hold_ms=20)) as site:
        client = await RawClient.connect(site.port)
        await client.call("subscribe", {"topic": TOPIC})
        site.store.write(TOPIC, "lost on the bus")
        site.say(TOPIC, "after it")
        assert await client.lines(2) == [(1, "lost on the bus"), (2, "after it")]
        assert site.engine.metrics["gaps_filled"] == 1
        await client.close()


async def test_subscribing_twice_is_once(site: Site) -> None:
    client = await RawClient.connect(site.port)
    for _ in range(2):
        assert (await client.call("subscribe", {"topic": TOPIC}))["ok"]
    assert site.engine.subscribers(TOPIC) == 1
    site.say(TOPIC, "once")
    site.say(TOPIC, "and once more")
    assert await client.lines(2) == [(1, "once"), (2, "and once more")]
    await client.call("unsubscribe", {"topic": TOPIC})
    assert site.engine.subscribers(TOPIC) == 0
    await client.close()


async def test_a_topic_that_nobody_hears_is_forgotten_after_a_while() -> None:
    async with serving(make_site(topic_idle=0.05, ping_interval_ms=500)) as site:
        client = await RawClient.connect(site.port)
        await client.call("subscribe", {"topic": TOPIC})
        assert site.engine.topics() == 1
        await client.close()
        await until(lambda: site.engine.topics() == 0)


async def test_topics_that_do_not_exist_or_are_not_open_are_refused(site: Site) -> None:
    client = await RawClient.connect(site.port)
    for topic, code in (
        ("nothing:1", "not-found"),
        ("chat:../etc", "not-found"),
        ("chat:secret", "forbidden"),
        ("", "invalid"),
    ):
        answer = await client.call("subscribe", {"topic": topic})
        assert answer["problem"]["type"] == f"urn:aethex:problem:{code}", topic
    anna = await RawClient.connect(site.port, headers={"Cookie": "session=anna"})
    assert (await anna.call("subscribe", {"topic": "chat:secret"}))["ok"]
    await client.close()
    await anna.close()


async def test_one_connection_hears_a_limited_number_of_topics() -> None:
    async with serving(make_site(Store(), max_topics=2)) as site:
        client = await RawClient.connect(site.port)
        for i in range(2):
            assert (await client.call("subscribe", {"topic": f"chat:{i}"}))["ok"]
        answer = await client.call("subscribe", {"topic": "chat:2"})
        assert answer["problem"]["type"] == "urn:aethex:problem:too-many-requests"
        await client.close()
