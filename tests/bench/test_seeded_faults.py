"""A chat of two processes, cut off and killed: nothing is lost, doubled or reordered; and the check can fail.

Four mistakes are made on purpose, in processes of their own; the log checker has to find each of them.
"""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bench.chat_site import ChatSite, chat_site
from bench.realtime_cuts import Outcome, Plan, cut_and_check
from needs import need

need("redis")
need("nginx")

PLAN = Plan(pages=50, authors=4, cuts=100, kills=1, redis_kills=1, seconds=5.0, pace=0.2)
SOUND = "sound"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site() -> AsyncIterator[ChatSite]:
    """One database, one Redis and two web processes for all tests of this file."""
    with tempfile.TemporaryDirectory(prefix="aethex-faults-", ignore_cleanup_errors=True) as folder:
        async with chat_site(Path(folder), PLAN.authors) as found:
            yield found


async def cut(site: ChatSite, fault: str) -> Outcome:
    """What becomes of a chat of its own while the web processes have a fault."""
    if fault != SOUND:  # the first one finds site and channel as they were made
        await site.make_channel(fault)
        await site.go_wrong(fault)
    return await cut_and_check(site, PLAN)


async def test_nothing_is_lost_doubled_or_reordered_whatever_is_cut_or_killed(site: ChatSite) -> None:
    found = await cut(site, SOUND)
    assert found.verdict.faults == 0, found.verdict.examples
    assert found.acknowledged > 20
    assert found.counts.cuts == PLAN.cuts
    assert found.counts.resumed > 0


async def test_a_history_that_is_read_before_the_client_is_in_is_found(site: ChatSite) -> None:
    assert (await cut(site, "history-then-subscribe")).verdict.lost > 0


async def test_numbers_that_each_process_gives_out_for_itself_are_found(site: ChatSite) -> None:
    assert (await cut(site, "sequence-per-process")).verdict.faults > 0


async def test_an_acknowledgement_before_the_message_is_stored_is_found(site: ChatSite) -> None:
    verdict = (await cut(site, "ack-before-store")).verdict
    assert verdict.lost + verdict.reordered > 0


async def test_a_resume_that_is_off_by_one_is_found(site: ChatSite) -> None:
    assert (await cut(site, "resume-off-by-one")).verdict.lost > 0
