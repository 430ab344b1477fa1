"""The face of the database: queries, transactions, many tasks at once, notifications."""

import asyncio
import contextlib
import logging

import pytest
from tortoise.exceptions import IntegrityError

from aethex_live.db import Database
from aethex_live.errors import ConfigError, StartError
from aethex_live.models import User

NOWHERE = "postgresql://ada:s3cret@127.0.0.1:1/aethex"


def person(name: str) -> dict[str, str]:
    return {"username": name, "username_key": name.lower(), "display_name": name}


async def eventually(condition: "asyncio.Event", seconds: float = 5.0) -> None:
    await asyncio.wait_for(condition.wait(), seconds)


async def test_json_goes_in_and_comes_out_as_values(database: Database) -> None:
    rows = await database.fetch("select $1::jsonb as given, 3 as n", [{"a": [1, "é", None]}])
    assert rows == [{"given": {"a": [1, "é", None]}, "n": 3}]


async def test_execute_counts_the_rows_it_touched(database: Database) -> None:
    assert await database.execute("update core_category set name = name") == 10


async def test_fetch_returns_what_an_insert_returns(database: Database) -> None:
    rows = await database.fetch("insert into core_site_fact (key, value) values ('a', 'b') returning key")
    assert rows == [{"key": "a"}]


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with contextlib.suppress(RuntimeError):
        async with database.transaction():
            await User.create(**person("Ada"))
            raise RuntimeError
    assert await User.all().count() == 0


async def test_an_inner_transaction_is_a_savepoint(database: Database) -> None:
    async with database.transaction():
        await User.create(**person("Ada"))
        with pytest.raises(IntegrityError):
            async with database.transaction():
                await User.create(**person("ADA"))
        await User.create(**person("Grace"))
    assert await User.all().count() == 2


async def test_in_transaction_tells_inside_from_outside(database: Database) -> None:
    assert not database.in_transaction
    async with database.transaction():
        assert database.in_transaction
    assert not database.in_transaction


async def test_raw_queries_take_part_in_the_transaction(database: Database) -> None:
    with contextlib.suppress(RuntimeError):
        async with database.transaction():
            await database.execute("delete from core_category")
            assert await database.fetch("select 1 from core_category") == []
            raise RuntimeError
    assert len(await database.fetch("select 1 from core_category")) == 10


async def test_sixty_tasks_at_once_each_have_the_right_database(database: Database) -> None:
    async def request(number: int) -> str:
        database.bind()
        async with database.transaction():
            user = await User.create(**person(f"user{number}"))
            await asyncio.sleep(0)
            return (await User.get(id=user.id)).username

    names = await asyncio.gather(*(asyncio.create_task(request(number)) for number in range(60)))
    assert sorted(names) == sorted(f"user{number}" for number in range(60))


async def test_the_middleware_binds_requests_that_begin_in_fresh_tasks(database: Database) -> None:
    import contextvars

    seen: list[int] = []

    async def app(_scope: object, _receive: object, _send: object) -> None:
        seen.append(await User.all().count())

    for _ in range(2):
        call = database.middleware(app)({"type": "http"}, None, None)
        await asyncio.get_running_loop().create_task(call, context=contextvars.Context())
    assert seen == [0, 0]


async def test_two_databases_in_one_process_do_not_mix(make_database) -> None:
    one, two = await make_database(), await make_database()
    one.bind()
    await User.create(**person("Ada"))
    two.bind()
    assert await User.all().count() == 0


async def test_no_n_plus_one_hides_behind_the_log_of_queries(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await User.all().prefetch_related("sessions")
    assert len([record for record in caplog.records if "SELECT" in record.getMessage()]) <= 2


async def test_a_notification_is_heard(database: Database) -> None:
    heard, arrived = [], asyncio.Event()

    def hear(payload: str) -> None:
        heard.append(payload)
        arrived.set()

    database.listen("test_channel", hear)
    await eventually(arrived)  # the empty payload: listening has begun
    arrived.clear()
    await database.execute("select pg_notify('test_channel', 'hello')")
    await eventually(arrived)
    assert heard == ["", "hello"]


async def test_a_lost_connection_for_notifications_is_replaced(database: Database) -> None:
    begun = asyncio.Event()
    database.listen("test_channel", lambda _payload: begun.set())
    await eventually(begun)
    begun.clear()

    ended = await database.fetch(
        "select pg_terminate_backend(pid) as ended from pg_stat_activity"
        " where pid <> pg_backend_pid() and datname = current_database()"
    )
    assert {"ended": True} in ended
    await eventually(begun)


async def test_a_listener_that_fails_does_not_silence_the_others(database: Database) -> None:
    begun = asyncio.Event()

    def fail(_payload: str) -> None:
        raise RuntimeError("boom")

    database.listen("test_channel", fail)
    database.listen("test_channel", lambda _payload: begun.set())
    await eventually(begun)


@pytest.mark.parametrize("address", ["mysql://localhost/x", "localhost:5432", "", "postgres"])
async def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="must look like postgresql://"):
        await Database.connect(address)


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(StartError, match="can't be reached") as caught:
        await Database.connect(NOWHERE)
    assert "127.0.0.1:1" in str(caught.value)
    assert "s3cret" not in str(caught.value)


async def test_a_database_that_does_not_exist_is_named(postgres) -> None:
    with pytest.raises(StartError, match="does not exist: create it"):
        await Database.connect(postgres.dsn("no_such_database"))


async def test_an_unknown_account_is_named(postgres) -> None:
    with pytest.raises(StartError, match="refuses the account"):
        await Database.connect(postgres.dsn("postgres").replace("aethex@", "nobody_known@"))


async def test_what_the_fixture_rolls_back_is_gone_1(rolled_back: Database) -> None:
    await User.create(**person("Ada"))
    assert await User.all().count() == 1


async def test_what_the_fixture_rolls_back_is_gone_2(rolled_back: Database) -> None:
    assert await User.all().count() == 0
