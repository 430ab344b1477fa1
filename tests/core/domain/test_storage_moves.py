"""Moving files from one storage to another: everything arrives, nothing of others is touched, a kill loses nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.domain.storage_copying import Copier
from aethex_live.domain.storage_journal import Journal, Moved
from aethex_live.domain.storage_moves import GIVEN_UP_AFTER, StorageMove
from aethex_live.domain.storage_rows import StorageRows, belongs
from aethex_live.errors import AethexError, PluginError
from aethex_live.hookspecs.storage import StorageReference
from aethex_live.providers import AccessDenied, Unavailable
from aethex_live.providers.storage import StorageCap, StoredObject
from aethex_live.testing.fakes import FakeStorage

PICTURES = StorageReference(table="shop_picture", provider="kept_by", key="kept_as")


class Place(FakeStorage):
    """A storage with a name; counts puts, and fails as it is told."""

    def __init__(self, name: str) -> None:
        super().__init__(ManualClock())
        self.name = name
        self.puts: Counter[str] = Counter()
        self.before_put: Callable[[str], None] = lambda _key: None
        self.spoils = False

    async def put(
        self,
        key: str,
        data: bytes | AsyncIterator[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        self.before_put(key)
        content = data if isinstance(data, bytes) else b"".join([piece async for piece in data])
        if self.spoils:
            content = content[:-1] + b"?"
        stored = await super().put(key, content, content_type=content_type, metadata=metadata, if_absent=if_absent)
        self.puts[key] += 1
        return stored

    async def keys(self) -> list[str]:
        return [found.key async for found in self.list("")]

    async def read(self, key: str) -> bytes:
        return b"".join([piece async for piece in self.get(key)])

    async def keep(self, *keys: str, data: bytes = b"") -> None:
        for key in keys:
            await self.put(key, data or key.encode(), content_type="image/webp", metadata={"of": "us"})


@pytest.fixture
def old() -> Place:
    return Place("old")


@pytest.fixture
def new() -> Place:
    return Place("new")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path, "old", "new")
    yield opened
    opened.close()


@pytest.fixture
async def rows(rolled_back: Database) -> StorageRows:
    await rolled_back.execute("create table shop_picture (id int, kept_by varchar(40), kept_as varchar(300))")
    return StorageRows(rolled_back, [("shop", PICTURES)])


async def add_row(database: Database, key: str, provider: str = "old") -> None:
    await database.execute("insert into shop_picture values (1, $1, $2)", [provider, key])


async def kept_by(database: Database) -> dict[str, str]:
    return {row["kept_as"]: row["kept_by"] for row in await database.fetch("select * from shop_picture")}


@pytest.fixture
def mover(old: Place, new: Place, journal: Journal, rows: StorageRows) -> StorageMove:
    return StorageMove(old, new, journal, rows, jobs=3)


async def test_everything_arrives_with_type_and_metadata(old: Place, new: Place, mover: StorageMove):
    await old.keep(*(f"a/{number:03}" for number in range(50)), "b", "c/d/e")
    report = await mover.run()
    assert (report.copied, report.known, report.failed) == (52, 0, {})
    assert report.whole
    assert await new.keys() == await old.keys()
    for key in await new.keys():
        assert await new.read(key) == key.encode()
        facts = await new.head(key)
        assert (facts.content_type, dict(facts.metadata)) == ("image/webp", {"of": "us"})


async def test_a_second_run_copies_nothing_again(old: Place, new: Place, mover: StorageMove):
    await old.keep("a", "b")
    await mover.run()
    await old.keep("c")
    report = await mover.run()
    assert (report.copied, report.known) == (1, 2)
    assert new.puts == {"a": 1, "b": 1, "c": 1}


async def test_only_what_the_prefix_says(old: Place, new: Place, mover: StorageMove):
    await old.keep("public/a", "private/a")
    await mover.run("public/")
    assert await new.keys() == ["public/a"]


async def test_rows_follow_when_all_their_files_are_there(
    old: Place, new: Place, mover: StorageMove, rolled_back: Database
):
    # Given rows of which one names several files, one has a file that can't be moved, one names nothing that is there
    await old.keep(
        "public/a/1-96.webp", "public/a/1-512.webp", "public/a/2", "public/a/3-96.webp", "public/a/3-512.webp"
    )
    for key in ("public/a/1", "public/a/2", "public/a/3", "public/a/4"):
        await add_row(rolled_back, key)
    await new.keep("public/a/3-96.webp", data=b"somebody else's")
    # When the files are moved
    report = await mover.run()
    # Then the rows of whole ones name the new place
    assert await kept_by(rolled_back) == {
        "public/a/1": "new",
        "public/a/2": "new",
        "public/a/3": "old",
        "public/a/4": "old",
    }
    assert report.rows == {"shop_picture": 2}
    assert list(report.failed) == ["public/a/3-96.webp"]
    assert "another file of this key" in report.failed["public/a/3-96.webp"]
    assert await new.read("public/a/3-96.webp") == b"somebody else's"
    assert not report.whole


async def test_old_files_go_only_when_they_are_asked_to_and_no_row_names_them(
    old: Place, new: Place, mover: StorageMove, rolled_back: Database
):
    await old.keep("a/1", "a/2-x", "a/2-y", "loose")
    for key in ("a/1", "a/2"):
        await add_row(rolled_back, key)
    await new.keep("a/2-x", data=b"another")
    await mover.run()
    assert len(await old.keys()) == 4
    report = await mover.run(delete_source=True)
    assert await old.keys() == ["a/2-x", "a/2-y"]
    assert (report.deleted, report.kept) == (2, 1)


async def test_a_copy_that_was_lost_is_brought_again_and_its_old_file_stays_until_then(
    old: Place, new: Place, mover: StorageMove
):
    await old.keep("a", "b")
    await mover.run()
    await new.delete("a")
    report = await mover.run(delete_source=True)
    assert (report.copied, report.deleted) == (1, 2)
    assert await new.keys() == ["a", "b"]


async def test_an_old_file_whose_copy_goes_before_it_is_deleted_stays(
    old: Place, new: Place, mover: StorageMove, monkeypatch: pytest.MonkeyPatch
):
    # Given a move of which one copy is gone when the old files' turn comes
    await old.keep("a", "b")
    delete_old = mover._delete_old

    async def lose_one(*args: Any) -> None:
        await new.delete("a")
        await delete_old(*args)

    monkeypatch.setattr(mover, "_delete_old", lose_one)
    # When the old files go
    report = await mover.run(delete_source=True)
    # Then that one stays, and the report says so
    assert await old.keys() == ["a"]
    assert report.deleted == 1
    assert "so the old file stays" in report.failed["a"]


async def test_an_old_file_that_changes_before_it_is_deleted_stays(
    old: Place, mover: StorageMove, monkeypatch: pytest.MonkeyPatch
):
    # Given a move of which one file is put anew when the old files' turn comes
    await old.keep("a", "b")
    delete_old = mover._delete_old

    async def change_one(*args: Any) -> None:
        await old.keep("a", data=b"another")
        await delete_old(*args)

    monkeypatch.setattr(mover, "_delete_old", change_one)
    # When the old files go, Then the new one is not lost
    await mover.run(delete_source=True)
    assert await old.read("a") == b"another"
    assert await old.keys() == ["a"]


async def test_what_changed_at_the_old_place_is_brought_again(old: Place, new: Place, mover: StorageMove):
    await old.keep("a", data=b"one")
    await mover.run()
    await old.keep("a", data=b"two")
    report = await mover.run()
    assert report.copied == 1
    assert await new.read("a") == b"two"


async def test_what_the_site_put_at_the_new_place_stays(old: Place, new: Place, mover: StorageMove):
    await old.keep("a", data=b"one")
    await mover.run()
    await old.keep("a", data=b"two")
    await new.keep("a", data=b"of the site")
    report = await mover.run(delete_source=True)
    assert await new.read("a") == b"of the site"
    assert await old.read("a") == b"two"
    assert list(report.failed) == ["a"]


async def test_a_kill_between_putting_and_writing_down_is_found_out(old: Place, new: Place, mover: StorageMove):
    await old.keep("a")
    await new.keep("a")
    report = await mover.run()
    assert report.copied == 1
    assert new.puts == {"a": 1}


@pytest.mark.parametrize("capabilities", [frozenset(), frozenset({StorageCap.CONDITIONAL_PUT})])
async def test_a_place_without_conditions_is_not_written_over_either(
    old: Place, new: Place, mover: StorageMove, capabilities: frozenset[StorageCap]
):
    new.capabilities = capabilities  # type: ignore[misc]  # the class has another
    await old.keep("a", "b")
    await new.keep("a", data=b"somebody else's")
    report = await mover.run()
    assert list(report.failed) == ["a"]
    assert await new.read("a") == b"somebody else's"
    assert await new.read("b") == b"b"


async def test_what_arrives_damaged_is_no_copy(old: Place, new: Place, journal: Journal):
    async def no_wait(_seconds: float) -> None: ...

    await old.keep("a")
    new.spoils = True
    with pytest.raises(Unavailable, match="did not arrive"):
        await Copier(old, new, journal, wait=no_wait).copy(await old.head("a"))
    assert await new.keys() == []
    assert journal.get("a") is None


async def test_a_hiccup_is_waited_out(old: Place, new: Place, journal: Journal):
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        new.before_put = lambda _key: None

    def spared(_key: str) -> None:
        raise Unavailable("spared", provider="new", operation="put", retry_after=7.0)

    await old.keep("a")
    new.before_put = spared
    assert await Copier(old, new, journal, wait=wait).copy(await old.head("a")) == "copied"
    assert waits == [7.0]


async def test_what_is_deleted_while_it_is_moved_is_not_there_afterwards(
    old: Place, new: Place, journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    await old.keep("a")
    found, head, asked = await old.head("a"), old.head, 0

    async def gone_later(key: str) -> StoredObject:
        nonlocal asked
        asked += 1
        if asked == 2:
            await old.delete(key)
        return await head(key)

    monkeypatch.setattr(old, "head", gone_later)
    assert await Copier(old, new, journal).copy(found) == "gone"
    assert await new.keys() == []


async def test_a_file_whose_row_goes_meanwhile_is_taken_back(
    old: Place, new: Place, mover: StorageMove, rolled_back: Database, monkeypatch: pytest.MonkeyPatch
):
    """Whoever deletes it knows of the old place alone."""
    await old.keep("a/1-x", "a/2")
    for key in ("a/1", "a/2"):
        await add_row(rolled_back, key)
    copy = mover._copier.copy

    async def and_then(found: StoredObject) -> Any:
        outcome = await copy(found)
        if found.key == "a/1-x":
            await rolled_back.execute("delete from shop_picture where kept_as = 'a/1'")
            await old.delete("a/1-x")
        return outcome

    monkeypatch.setattr(mover._copier, "copy", and_then)
    report = await mover.run()
    assert await new.keys() == ["a/2"]
    assert report.withdrawn == 1


async def test_a_refusal_that_holds_for_all_ends_the_move_at_once(old: Place, new: Place, mover: StorageMove):
    def denied(_key: str) -> None:
        raise AccessDenied("wrong key", provider="new", operation="put")

    await old.keep(*(f"a/{number}" for number in range(10)))
    new.before_put = denied
    with pytest.raises(AccessDenied, match="wrong key"):
        await mover.run()


async def test_a_place_that_is_down_ends_the_move_after_a_while(
    old: Place, new: Place, mover: StorageMove, monkeypatch: pytest.MonkeyPatch
):
    tried = 0

    async def down(_found: StoredObject) -> Any:
        nonlocal tried
        tried += 1
        raise Unavailable("down", provider="new", operation="put")

    monkeypatch.setattr(mover._copier, "copy", down)
    await old.keep(*(f"a/{number:03}" for number in range(100)))
    with pytest.raises(Unavailable, match="down"):
        await mover.run()
    assert GIVEN_UP_AFTER <= tried < 2 * GIVEN_UP_AFTER


def test_a_journal_outlives_a_line_that_was_cut_off(tmp_path: Path):
    one = Moved(key="a", etag="e", size=1, digest="d")
    journal = Journal.open(tmp_path, "old", "new")
    journal.add(one)
    journal.add(Moved(key="b", etag="e", size=1, digest="d"))
    journal.drop("b")
    journal.close()
    path = tmp_path / "old-to-new.jsonl"
    with path.open("ab") as file:
        file.write(b'["c", "e", 3')
    again = Journal.open(tmp_path, "old", "new")
    assert list(again) == [one]
    again.add(Moved(key="d", etag="e", size=1, digest="d"))
    again.close()
    assert [json.loads(line)[0] for line in path.read_bytes().splitlines()] == ["a", "b", "b", "d"]


def test_two_processes_do_not_move_the_same_way_at_once(tmp_path: Path, journal: Journal):
    with pytest.raises(AethexError, match="already"):
        Journal.open(tmp_path, "old", "new")
    Journal.open(tmp_path, "new", "old").close()


@pytest.mark.parametrize("table", ["core_user", "shop", 'shop_a"; drop table core_user', "Shop_a"])
def test_a_table_of_somebody_else_is_refused(table: str):
    with pytest.raises(PluginError):
        StorageRows(None, [("shop", StorageReference(table=table))])  # type: ignore[arg-type]  # it is not asked


def test_which_files_a_name_stands_for():
    named = {"a/1", "a/b"}
    assert [belongs(key, named) for key in ("a/1", "a/1-96.webp", "a/1.png", "a/1/2/3", "a/b/c-d")] == [
        "a/1",
        "a/1",
        "a/1",
        "a/1",
        "a/b",
    ]
    assert [belongs(key, named) for key in ("a/12", "a/1x-96", "a", "b/a/1")] == [None] * 4


@given(st.from_regex(r"[a-z]{1,3}([/.-][a-z]{1,3}){0,4}", fullmatch=True), st.integers(0, 20))
def test_a_beginning_up_to_a_sign_is_found(key: str, cut: int):
    ends = [place for place in range(1, len(key)) if key[place] in "/-."]
    if ends:
        name = key[: ends[cut % len(ends)]]
        assert belongs(key, {name}) == name
