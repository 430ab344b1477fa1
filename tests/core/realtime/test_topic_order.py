"""A topic puts messages in order: whatever way they come, each goes out once and in sequence."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rt_support import Store

from aethex_live.realtime import Message, Position, RealtimeSettings, TopicClass
from aethex_live.realtime.metrics import Metrics
from aethex_live.realtime.ring import Ring
from aethex_live.realtime.topics import Topic, Wire, encode_message


class Bench:
    """A topic without engine: `sent` is what was flushed, `asked` how often the store was wanted."""

    def __init__(self, kind: str = "chat", **wishes: int) -> None:
        store = Store()
        self.metrics = Metrics()
        self.asked = 0
        declared = TopicClass(prefix="t", kind=kind, missed=store.missed, head=store.head)  # type: ignore[arg-type]
        self.topic = Topic(
            "t:1",
            declared,
            RealtimeSettings(**wishes),
            self.metrics,
            wake=lambda _: None,
            recover=self.recover,
        )
        self.topic.prime(Position(0, "e1"))

    def recover(self, _: Topic) -> None:
        self.asked += 1

    def accept(self, *numbers: int | None, epoch: str = "") -> None:
        for seq in numbers:
            self.topic.accept(Wire(seq, epoch, "line", encode_message(seq, "line", {})))

    @property
    def sent(self) -> list[int | None]:
        return [json.loads(encoded)[0] for encoded in self.topic.take_pending()]


@given(st.lists(st.integers(1, 12), max_size=40))
@settings(deadline=None)
def test_any_order_with_any_repeats_comes_out_in_sequence(numbers: list[int]) -> None:
    async def scenario() -> None:
        bench = Bench()
        out: list[int | None] = []
        for seq in numbers:
            bench.accept(seq)
            out += bench.sent
        whole = next(n for n in range(1, 14) if n not in numbers) - 1
        assert out == list(range(1, whole + 1))
        if bench.topic.hold_timer is not None:
            bench.topic.hold_timer.cancel()

    asyncio.run(scenario())


async def test_a_message_waits_a_quarter_of_a_second_for_the_one_before_it() -> None:
    bench = Bench(gap_hold_ms=30)
    bench.accept(1, 3)
    assert bench.sent == [1]
    assert bench.asked == 0
    await asyncio.sleep(0.06)
    assert bench.asked == 1, "then the store is asked"


async def test_the_gap_that_closes_in_time_asks_nobody() -> None:
    bench = Bench(gap_hold_ms=30)
    bench.accept(1, 3, 4)
    bench.accept(2)
    assert bench.sent == [1, 2, 3, 4]
    await asyncio.sleep(0.06)
    assert bench.asked == 0
    assert bench.topic.hold_timer is None


async def test_what_the_store_has_fills_the_gap() -> None:
    bench = Bench()
    bench.accept(1, 4)
    bench.topic.fill([Message(2, "line", {}), Message(3, "line", {})])
    assert bench.sent == [1, 2, 3, 4]
    assert bench.metrics["gaps_filled"] == 1
    assert bench.topic.ring.between(0, 4) is not None


async def test_a_gap_that_the_store_does_not_know_is_given_up_and_remembered() -> None:
    bench = Bench()
    bench.accept(1, 4, 5)
    bench.topic.give_up_gap(bench.topic.newest_held)
    assert bench.sent == [1, 4, 5]
    assert bench.topic.ring.between(1, 5) is None, "who was at 1 must not be told that nothing was lost"
    assert bench.topic.ring.between(4, 5) is not None


async def test_only_what_waited_when_the_store_was_asked_is_given_up() -> None:
    # 7 came while the store was being read: 6 may still be under way
    bench = Bench()
    bench.accept(1, 4, 7)
    bench.topic.give_up_gap(4)
    assert bench.sent == [1, 4]
    bench.accept(5, 6)
    assert bench.sent == [5, 6, 7]


async def test_a_log_topic_takes_growing_numbers_with_gaps() -> None:
    bench = Bench("log")
    bench.accept(5, 9, 7, 9, 12)
    assert bench.sent == [5, 9, 12]
    assert bench.metrics["duplicates_dropped"] == 2


async def test_a_volatile_topic_sends_the_last_value_of_a_tick() -> None:
    bench = Bench("volatile")
    for value in (1, 2, 3):
        bench.topic.accept(Wire(None, "", "viewers", encode_message(None, "viewers", {"n": value})))
    bench.topic.accept(Wire(None, "", "health", encode_message(None, "health", {"ok": True})))
    found = [json.loads(encoded) for encoded in bench.topic.take_pending()]
    assert found == [[None, "viewers", {"n": 3}], [None, "health", {"ok": True}]]


async def test_messages_without_a_number_go_along_in_place() -> None:
    bench = Bench()
    bench.accept(1, None, 2, None)
    assert bench.sent == [1, None, 2, None]


async def test_a_new_epoch_begins_anew() -> None:
    bench = Bench()
    bench.accept(1, 2, 3)
    assert bench.sent == [1, 2, 3]
    bench.accept(2, epoch="e2")
    assert bench.sent == [2]
    assert bench.topic.epoch == "e2"
    assert bench.topic.ring.between(1, 2) == [encode_message(2, "line", {})]


async def test_what_comes_before_the_position_is_known_is_kept() -> None:
    bench = Bench()
    bench.topic.primed = False
    bench.accept(6, 7, 8)
    bench.topic.prime(Position(7, "e1"))
    assert bench.sent == [8]


@pytest.mark.parametrize(
    ("numbers", "floor"), [([], 7), ([7], 6), ([5, 6, 7], 4), ([5, 7], 7), ([5, 6], 7), ([6, 7, 8], 5)]
)
async def test_history_without_a_hole_is_remembered(numbers: list[int], floor: int) -> None:
    bench = Bench()
    bench.topic.prime(Position(7, "e1"), [Message(seq, "line", {}) for seq in numbers])
    assert bench.topic.ring.floor == floor
    assert bench.sent == []


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 50)), max_size=60),
    st.integers(0, 80),
    st.integers(0, 200),
)
def test_a_ring_gives_all_behind_a_number_or_says_that_it_can_not(
    steps: list[tuple[int, int]], after: int, upto: int
) -> None:
    ring = Ring(10, 200)
    added: list[tuple[int, bytes]] = []
    seq = 0
    for step, size in steps:
        seq += step
        added.append((seq, b"x" * size))
        ring.add(*added[-1])
    found = ring.between(after, upto)
    wanted = [encoded for number, encoded in added if after < number <= upto]
    assert found is None or found == wanted
    if found is None:
        assert after < ring.floor


def test_a_topic_with_numbers_needs_its_store() -> None:
    with pytest.raises(ValueError, match="give it `missed` and `head`"):
        TopicClass(prefix="chat", kind="chat")
