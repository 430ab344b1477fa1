"""Limits of an address and of an account, over any number of sockets; and how operators set them."""

import json
from pathlib import Path

import pytest
from rt_support import ANNA, RawClient, make_site, serving, until

from aethex_live._site.opening import realtime_settings
from aethex_live.errors import ConfigError
from aethex_live.realtime import RealtimeSettings
from aethex_live.realtime.limits import SWEEP_SECONDS, Buckets, address_limit
from aethex_live.settings import load_site

COOKIE = {"Cookie": "session=anna"}
NOTE = {"topic": "chat:one", "text": "x"}


@pytest.mark.parametrize(
    ("said", "most", "limit"),
    [(0, 64, 200), (0, 1000, 250), (0, 19_000, 4750), (0, 1_000_000, 5000), (7, 1_000_000, 7), (9000, 100, 9000)],
)
def test_an_address_may_take_a_quarter_unless_the_operator_says_otherwise(said: int, most: int, limit: int) -> None:
    assert address_limit(RealtimeSettings(max_connections_per_address=said), most) == limit


def test_a_bucket_takes_its_burst_then_its_rate_and_forgets_who_is_quiet() -> None:
    buckets = Buckets(per_second=10, burst=3)
    buckets.forget(100.0)
    assert [buckets.hit("a", 100.0) for _ in range(3)] == [0, 0, 0]
    assert buckets.hit("a", 100.0) == pytest.approx(0.1)  # seconds
    assert buckets.hit("b", 100.0) == 0
    # what was refused did not count
    assert buckets.hit("a", 100.11) == 0
    buckets.forget(100.12)
    assert len(buckets) == 2
    buckets.forget(100.12 + SWEEP_SECONDS)
    assert len(buckets) == 0


async def test_an_account_can_not_open_sockets_without_end() -> None:
    async with serving(make_site(max_connections_per_account=2)) as site:
        # Given
        clients = [await RawClient.connect(site.port, headers=COOKIE) for _ in range(2)]
        # When
        third = await RawClient.open(site.port, headers=COOKIE)
        await third.text()
        third.send("40")
        refused = json.loads((await third.text())[2:])
        # Then
        assert refused["data"]["type"] == "urn:aethex:problem:too-many-requests"
        assert "2 connections" in refused["message"]
        guest = await RawClient.connect(site.port)
        # And one that goes, or leaves the namespace, makes room
        await clients.pop().close()
        await until(lambda: site.engine.connections() == 3)
        third.send("40")
        assert (await third.text()).startswith("40")
        clients[0].send("41")
        await until(lambda: not site.engine._sessions.admission.accounts._by_user.get(ANNA, 0) > 1)
        clients.append(await RawClient.connect(site.port, headers=COOKIE))
        for client in (*clients, third, guest):
            await client.close()
        await until(lambda: site.engine.connections() == 0)
        assert not site.engine._sessions.admission.accounts._by_user


async def test_an_account_can_not_send_more_over_more_sockets() -> None:
    async with serving(make_site(messages_per_second_per_account=1, message_burst_per_account=4)) as site:
        hers = [await RawClient.connect(site.port, headers=COOKIE) for _ in range(3)]
        answers = [await client.call("open.note", NOTE) for client in hers for _ in range(2)]
        assert [answer["ok"] for answer in answers] == [True] * 4 + [False] * 2
        assert 0 < answers[-1]["problem"]["retry_after"] <= 1
        ben = await RawClient.connect(site.port, headers={"Cookie": "session=ben"})
        assert (await ben.call("open.note", NOTE))["ok"]
        for client in (*hers, ben):
            await client.close()


async def test_an_address_can_not_send_more_over_more_guests() -> None:
    async with serving(make_site(messages_per_second_per_address=1, message_burst_per_address=3)) as site:
        guests = [await RawClient.connect(site.port) for _ in range(5)]
        answers = [await guest.call("open.note", NOTE) for guest in guests]
        assert [answer["ok"] for answer in answers] == [True] * 3 + [False] * 2
        for guest in guests:
            await guest.close()


async def test_connects_of_an_address_have_a_rate_and_a_burst() -> None:
    async with serving(make_site(max_connections_per_address=3, connects_per_second_per_address=0.1)) as site:
        for _ in range(6):
            client = await RawClient.open(site.port)
            assert client.status == 101
            await client.close()
            await until(lambda: site.engine.connections() == 0)
        refused = await RawClient.open(site.port)
        assert refused.status == 429
        assert "in a moment" in (await refused.reader.read()).decode()
        assert "Retry-After: 10" in refused.head


def test_operators_set_them_in_the_file_and_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "aethex.toml").write_text(
        '[realtime]\nmax_connections_per_address = 3000\norigins = ["https://app.example"]\n', "utf-8"
    )
    environ = {"AETHEX_REALTIME__MESSAGE_BURST": "7", "AETHEX_URL": "https://live.example"}
    site = load_site(environ, folder=tmp_path)
    settings = realtime_settings(site)
    assert (settings.max_connections_per_address, settings.message_burst) == (3000, 7)
    assert settings.origins == ("https://live.example", "https://app.example")
    assert site.source("realtime.max_connections_per_address") == "aethex.toml"
    assert site.source("realtime.message_burst") == "AETHEX_REALTIME__MESSAGE_BURST"
    assert site.source("realtime.max_topics") == "default"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"AETHEX_REALTIME__MESSAGE_BIRST": "7"}, "Did you mean message_burst?"),
        ({"AETHEX_REALTIME__MESSAGE_BURST": "0"}, "AETHEX_REALTIME__MESSAGE_BURST: input should be greater than"),
        ({"AETHEX_REALTIME": "7"}, "AETHEX_REALTIME is no setting."),
    ],
)
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_site(environ, folder=tmp_path)
    assert sentence in str(caught.value)
