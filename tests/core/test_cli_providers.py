"""aethex webhooks and aethex providers: what they print, what they leave out, and what they change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aethex_live.cli import aethex
from aethex_live.clock import SystemClock
from aethex_live.db import Database
from aethex_live.domain.webhooks import HANDLE
from aethex_live.models import Outbox
from aethex_live.testing.fakes.vendor import told
from vendors import SECRET, SOURCE, House, plant

LOCAL = 'disable = ["stream_local"]\n[providers]\nstreaming = "vendor"\n'


@pytest.fixture
async def stored(
    whole_dsn: Callable[[], Awaitable[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path]:
    """A site that does not run, with one handled event and one that was given up; its database and configuration."""
    dsn = await whole_dsn()
    database = await Database.connect(dsn)
    database.bind()
    house = House(database)
    house.clock = SystemClock()  # type: ignore[assignment]  # these events are of today
    await house.channel()
    now = house.clock.now()
    for name in ("evt-1", "evt-2"):
        request = house.request([told(name, "broadcast.started", "in-ada", now, data={"recording_id": name})], at=now)
        await house.inbox.take(SOURCE, request)
        if name == "evt-1":
            await house.handle()
    await Outbox.filter(topic=HANDLE, state="new").update(state="dead", attempts=8, last_error="no such table")
    await database.close()
    config = plant(tmp_path, [SECRET], more=LOCAL)
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("AETHEX_CONFIG", str(config))
    monkeypatch.setenv("AETHEX_DATA", str(tmp_path / "data"))
    return dsn, config


async def run(*words: str) -> Result:
    """A command in a thread of its own: it brings its own loop."""
    import asyncio

    return await asyncio.to_thread(CliRunner().invoke, aethex, list(words))


async def test_the_inbox_is_listed_shown_and_replayed(stored: tuple[str, Path]) -> None:
    # Given one event that was given up
    listed = await run("webhooks", "list")
    assert listed.exit_code == 0, listed.output
    assert "done" in listed.output
    assert "no such table" in listed.output
    dead = (await run("webhooks", "list", "--state", "dead", "--provider", "vendor", "--type", "broadcast.")).output
    assert len(dead.splitlines()) == 2
    event_id = dead.split()[0]
    # When it is shown, with and without its request
    shown = (await run("webhooks", "show", event_id)).output
    assert "evt-2" in shown
    assert "vendor-signature" not in shown
    assert "vendor-signature" in (await run("webhooks", "show", event_id, "--body")).output
    # And all that was given up is replayed
    assert "1 event will be handled again." in (await run("webhooks", "replay", "--dead")).output
    assert "There is none." in (await run("webhooks", "list", "--state", "dead")).output
    assert (await run("webhooks", "replay")).exit_code != 0
    assert SECRET not in shown + dead + listed.output


async def test_providers_are_listed_shown_with_masked_secrets_and_tried(stored: tuple[str, Path]) -> None:
    listed = (await run("providers", "list")).output
    vendor = next(line for line in listed.splitlines() if " vendor " in line)
    assert "chosen" in vendor
    assert "events" in vendor
    assert "1 ingests" in vendor
    shown = (await run("providers", "show", "streaming:vendor")).output
    assert "/webhooks/streaming/vendor" in shown
    assert "secrets = " in shown
    assert SECRET not in shown
    tried = await run("providers", "test", "storage:local")
    assert (tried.exit_code, "stored, read back unchanged" in tried.output) == (0, True), tried.output
    missing = await run("providers", "show", "nobody")
    assert "There is no live provider nobody" in str(missing.exception)
    assert "Asked about" in (await run("providers", "reconcile")).output
