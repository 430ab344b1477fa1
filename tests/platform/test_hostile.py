"""A plugin that misbehaves in every hook and every slot: the site starts, its pages stand, and the culprit is named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aethex_live._runtime import discovery
from aethex_live._runtime.discovery import Found, Source
from aethex_live._runtime.manifest import read_manifest
from aethex_live._runtime.states import State
from aethex_live.testing.hostile import Misdeed
from sites import LiveSite, OpenSite

PAGES = ("/", "/nova", "/nova/live", "/nova/videos", "/studio", "/studio/nova", "/settings", "/api/v1/live")
MANIFEST = 'name = "hostile"\ntitle = "Hostile"\nsummary = "Misbehaves."\n'
CODE = """
import time
from aethex_live import hookimpl
from aethex_live.testing.hostile import Misdeed, all_hooks, hostile_parts, hostile_plugin
misdeed = Misdeed("{misdeed}")
hooks = frozenset(spec.__name__ for spec in all_hooks()) - {{{without}}}
def block(seconds):
    time.sleep(seconds)
class Hostile(hostile_plugin(misdeed, hooks=hooks, block=block)):
    @hookimpl
    def slots(self):
        return hostile_parts(misdeed, block)
"""


class Planter:
    """Puts a hostile plugin among the installed ones."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder / "hostile"
        self._monkeypatch = monkeypatch

    def plant(self, misdeed: Misdeed, *, startup: bool = False) -> None:
        self._folder.mkdir()
        (self._folder / "plugin.toml").write_text(MANIFEST)
        without = "" if startup else '"startup"'
        (self._folder / "__init__.py").write_text(CODE.format(misdeed=misdeed.value, without=without))
        self._monkeypatch.syspath_prepend(str(self._folder.parent))
        manifest = read_manifest(self._folder, "hostile")
        found = Found("hostile", self._folder, "hostile", Source.PACKAGE, "a test", manifest)
        self._monkeypatch.setattr(discovery, "installed", lambda: iter([found]))


@pytest.fixture
def planter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planter]:
    yield Planter(tmp_path, monkeypatch)
    sys.modules.pop("hostile", None)


def states(site: LiveSite) -> dict[str, State]:
    return {row.name: row.state for row in site.platform.plugins.rows()}


@pytest.mark.parametrize("misdeed", list(Misdeed))
async def test_the_pages_stand_beside_a_hostile_plugin(open_site: OpenSite, planter: Planter, misdeed: Misdeed) -> None:
    # Given a site with a plugin that misbehaves whenever it is called
    planter.plant(misdeed)
    site = await open_site(providers={"streaming": "none"}, disable=("stream_local",))
    creator = await site.creator("ada", "nova")
    # When people use the site
    found = {path: (await creator.get(path)).status for path in PAGES}
    # Then nothing fails, the other plugins run, and the hostile one is named or suspended
    assert found == dict.fromkeys(PAGES, 200)
    assert {state for name, state in states(site).items() if name != "hostile"} <= {State.RUNNING, State.OFF}
    row = next(row for row in site.platform.plugins.rows() if row.name == "hostile")
    assert row.last_failure
    assert row.state in {State.SUSPENDED, State.RUNNING}
    assert row.suspended or misdeed is Misdeed.BLOCK


async def test_a_hostile_startup_fails_the_plugin_alone(open_site: OpenSite, planter: Planter) -> None:
    planter.plant(Misdeed.RAISE, startup=True)
    site = await open_site(providers={"streaming": "none"}, disable=("stream_local",))
    assert (await (await site.browser()).get("/")).status == 200
    assert states(site)["hostile"] is State.FAILED


async def test_an_operator_sees_who_failed_and_resumes_it(open_site: OpenSite, planter: Planter) -> None:
    planter.plant(Misdeed.RAISE)
    site = await open_site(providers={"streaming": "none"}, disable=("stream_local",))
    operator = await site.operator()
    for _ in range(3):
        await operator.get("/")
    assert states(site)["hostile"] is State.SUSPENDED
    shown = (await operator.get("/admin/plugins")).text
    assert "5 failures in a row" in shown
    answer = await operator.submit("/admin/plugins/hostile", page="/admin/plugins", switch="resume")
    assert answer.status == 200
