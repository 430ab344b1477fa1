"""The same on uvloop, which production runs on: its transports buffer, pause and close in their own way."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import test_hostile
import test_life
import test_polling
import test_resume
import test_slow_clients
import uvloop
from polling_support import PollClient, polling
from rt_support import Site, make_site, serving

Scenario = Callable[[], Awaitable[None]]


async def reconnects() -> None:
    await test_resume.test_twenty_forced_reconnects_lose_nothing_and_double_nothing(16)


def on_a_site(check: Callable[[Site], Awaitable[None]]) -> Scenario:
    async def scenario() -> None:
        async with serving(make_site()) as site:
            await check(site)

    scenario.__name__ = check.__name__
    return scenario


def polls(check: Callable[[PollClient, Site], Awaitable[None]]) -> Scenario:
    async def scenario() -> None:
        async with serving(make_site()) as site, polling(site, {"Cookie": "session=anna"}) as client:
            await check(client, site)

    scenario.__name__ = check.__name__
    return scenario


SCENARIOS: list[Scenario] = [
    reconnects,
    test_slow_clients.test_a_slow_client_is_skipped_told_of_the_gap_and_can_fill_it,
    test_slow_clients.test_a_client_that_stays_slow_is_closed_and_told_why_when_it_comes_back,
    test_hostile.test_one_address_can_not_take_all_connections,
    test_life.test_uvicorn_stops_with_clients_connected,
    on_a_site(test_life.test_a_banned_account_is_out_within_two_seconds),
    on_a_site(test_life.test_a_drain_sends_all_away_spread_over_time_and_takes_nobody_new),
    on_a_site(test_hostile.test_random_junk_in_any_state_leaves_the_others_alone),
    polls(test_polling.test_everything_comes_once_and_in_order_while_the_transport_changes),
    polls(test_polling.test_a_waiting_request_is_the_only_task),
    test_polling.test_a_paused_session_goes_on_over_its_websocket,
    test_polling.test_who_stays_away_too_long_is_closed_and_told_at_the_next_connect,
    on_a_site(test_polling.test_who_goes_while_waiting_is_out_at_once),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_on_uvloop(scenario: Scenario) -> None:
    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(asyncio.wait_for(scenario(), 60))

    await asyncio.to_thread(run)
