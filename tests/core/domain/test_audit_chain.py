"""The audit's chain: gap-free under concurrency, refused changes, and every kind of tampering is found."""

import asyncio
from datetime import UTC
from typing import Any

import asyncpg
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.db import Database
from aethex_live.domain.audit import Audit
from aethex_live.domain.audit_chain import GENESIS, AuditChain, Head, link
from aethex_live.errors import Invalid

TAMPER: dict[str, str] = {
    "id": "gen_random_uuid()",
    "at": "at + interval '1 microsecond'",
    "actor_id": "gen_random_uuid()",
    "actor_name": "actor_name || 'x'",
    "action": "'user.praised'",
    "channel_id": "gen_random_uuid()",
    "subject": "''",
    "detail": """detail || '{"n": 999}'""",
    "number": "number + 100",
    "chain": "repeat('a', 64)",
}


async def written(db: Database, count: int) -> AuditChain:
    audit, chain = Audit(), AuditChain(db)
    for number in range(count):
        await audit.write("user.banned", actor=None, subject=f"user:{number}", detail={"n": number, "why": "“é”"})
    await chain.seal()
    return chain


async def as_superuser(db: Database, sql: str) -> None:
    """What somebody does who owns the database: the trigger is switched off."""
    await db.execute("alter table core_audit_entry disable trigger user")
    await db.execute(sql)
    await db.execute("alter table core_audit_entry enable trigger user")


async def test_entries_are_numbered_and_chained_in_the_order_of_their_writing(database: Database) -> None:
    chain = await written(database, 3)
    rows = await database.fetch("select number, subject from core_audit_entry order by number")
    assert [(row["number"], row["subject"]) for row in rows] == [(1, "user:0"), (2, "user:1"), (3, "user:2")]
    verdict = await chain.verify()
    assert verdict.broken is None
    assert verdict.head == await chain.head()
    assert verdict.head.number == 3


async def test_an_empty_audit_is_whole(database: Database) -> None:
    assert (await AuditChain(database).verify()).head == Head(0, GENESIS)


async def test_transactions_and_chainers_at_once_leave_no_gap_and_lose_nothing(database: Database) -> None:
    audit = Audit()
    chains = [AuditChain(database) for _ in range(3)]

    async def deed(number: int) -> None:
        try:
            async with database.transaction():
                await audit.write("deed.done", actor=None, subject=f"thing:{number}")
                await asyncio.sleep(0.001 * (number % 7))
                if number % 5 == 0:
                    raise LookupError
        except LookupError:
            return

    await asyncio.gather(*(deed(n) for n in range(100)), *(chain.seal() for chain in chains * 10))
    await chains[0].seal()

    rows = await database.fetch("select number from core_audit_entry order by number")
    assert [row["number"] for row in rows] == list(range(1, 81))
    assert (await chains[0].verify()).broken is None


async def test_entries_from_before_the_chain_are_chained_too(database: Database) -> None:
    await Audit().write("old.deed", actor=None, subject="thing:1")
    chain = AuditChain(database)
    assert await chain.seal() == 1
    assert await chain.seal() == 0


@pytest.mark.parametrize(
    "sql",
    [
        "update core_audit_entry set action = 'nothing' where number = 2",
        "update core_audit_entry set number = 9, chain = 'x' where number = 2",
        "update core_audit_entry set chain = 'x' where number is null",
        "update core_audit_entry set number = 9, chain = 'x', subject = 'else' where number is null",
        "delete from core_audit_entry where number = 2",
        "delete from core_audit_entry where number is null",
        "truncate core_audit_entry",
    ],
)
async def test_the_database_refuses_to_change_an_entry(database: Database, sql: str) -> None:
    await written(database, 3)
    await Audit().write("not.chained.yet", actor=None, subject="thing:1")
    connection = await database.open_connection()
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="audit"):
            await connection.execute(sql)
    finally:
        await connection.close()
    assert len(await database.fetch("select 1 from core_audit_entry")) == 4


@pytest.mark.parametrize("column", sorted(TAMPER))
async def test_a_changed_column_is_found_at_its_number(database: Database, column: str) -> None:
    chain = await written(database, 5)
    await as_superuser(database, f"update core_audit_entry set {column} = {TAMPER[column]} where number = 3")
    assert (await chain.verify()).broken == 3


async def test_every_column_is_tampered_with_above(database: Database) -> None:
    rows = await database.fetch(
        "select column_name from information_schema.columns where table_name = 'core_audit_entry'"
    )
    assert {row["column_name"] for row in rows} - {"arrival"} == set(TAMPER)


async def test_a_deleted_entry_is_found(database: Database) -> None:
    chain = await written(database, 5)
    await as_superuser(database, "delete from core_audit_entry where number = 2")
    verdict = await chain.verify()
    assert (verdict.broken, verdict.why) == (2, "it is missing; the next that is there is 3")


async def test_entries_that_changed_places_are_found(database: Database) -> None:
    chain = await written(database, 5)
    await as_superuser(
        database,
        "update core_audit_entry set number = -number where number in (3, 4)",
    )
    await as_superuser(database, "update core_audit_entry set number = 7 + number where number in (-3, -4)")
    verdict = await chain.verify()
    assert verdict.broken == 3
    assert "was changed" in verdict.why


async def test_a_cut_off_tail_is_found_by_the_head_that_was_noted(database: Database) -> None:
    # Given a head that somebody wrote down
    chain = await written(database, 5)
    noted = Head.parse(str(await chain.head()))
    # When the newest entries vanish
    await as_superuser(database, "delete from core_audit_entry where number > 3")
    # Then the chain alone looks whole, and the note tells
    assert (await chain.verify()).broken is None
    verdict = await chain.verify(noted)
    assert (verdict.broken, verdict.why) == (4, "it is missing, and so is all up to the noted 5")


async def test_a_chain_that_was_made_anew_is_found_by_the_head_that_was_noted(database: Database) -> None:
    chain = await written(database, 3)
    noted = await chain.head()
    await as_superuser(database, "update core_audit_entry set subject = 'else', number = null, chain = null")
    await chain.seal()
    assert (await chain.verify()).broken is None
    assert (await chain.verify(noted)).broken == 3


async def test_more_than_a_batch_is_chained_and_verified(database: Database) -> None:
    await database.execute(
        "insert into core_audit_entry (id, at, action, subject, detail)"
        " select gen_random_uuid(), now(), 'many', 'thing:' || n, '{}' from generate_series(1, 2500) n"
    )
    chain = AuditChain(database)
    assert await chain.seal() == 2500
    assert (await chain.verify()).head.number == 2500


@pytest.mark.parametrize("text", ["", "3", "3:", "x:" + GENESIS, "3:" + "g" * 64, "3:" + "a" * 63])
def test_a_head_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="noted head"):
        Head.parse(text)


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
entries = st.fixed_dictionaries(
    {
        "number": st.integers(1, 9),
        "id": st.uuids(),
        "at": st.datetimes(timezones=st.just(UTC)),
        "actor_id": st.none() | st.uuids(),
        "actor_name": texts,
        "action": texts,
        "channel_id": st.none() | st.uuids(),
        "subject": texts,
        "detail": st.dictionaries(texts, texts | st.integers(-5, 5), max_size=3).map(
            lambda v: orjson.dumps(v).decode()
        ),
    }
)


@given(one=entries, other=entries)
def test_two_entries_have_one_hash_only_when_they_are_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (link(GENESIS, one) == link(GENESIS, other)) == (one == other)


@given(entry=entries, field=st.sampled_from(["actor_name", "action", "subject"]), cut=st.integers(0, 20))
def test_letters_can_not_move_from_one_column_to_the_next(entry: dict[str, Any], field: str, cut: int) -> None:
    after = {"actor_name": "action", "action": "subject", "subject": "detail"}[field]
    moved = entry | {field: entry[field][:cut], after: entry[field][cut:] + entry[after]}
    assert (link(GENESIS, entry) == link(GENESIS, moved)) == (entry == moved)


@settings(max_examples=30, deadline=None)
@given(entry=entries)
def test_the_hash_depends_on_the_one_before(entry: dict[str, Any]) -> None:
    assert link(GENESIS, entry) != link("1" + GENESIS[1:], entry)
