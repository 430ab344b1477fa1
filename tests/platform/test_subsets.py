"""Any set of feature plugins that is closed under what they require: the site starts and its own pages stand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aethex_live._runtime.manifest import Manifest, read_manifest
from aethex_live._runtime.states import State
from sites import OpenSite

PLUGINS = Path(__file__).parent.parent.parent / "plugins"
PAGES = ("/", "/nova", "/nova/live", "/nova/videos", "/studio", "/studio/nova", "/studio/nova/settings", "/settings")
EXAMPLES = 12  # a site is started for each


def features() -> dict[str, Manifest]:
    """The official plugins that provide nothing exclusive, by name."""
    found = (read_manifest(folder.parent, folder.parent.name) for folder in PLUGINS.glob("*/plugin.toml"))
    return {manifest.name: manifest for manifest in found if not manifest.provides}


def closed(names: Iterable[str]) -> frozenset[str]:
    """The set with all that its members require, as far as those are features."""
    known, wanted = features(), set(names)
    while more := {need for name in wanted for need in known[name].requires if need in known} - wanted:
        wanted |= more
    return frozenset(wanted)


subsets = st.sets(st.sampled_from(sorted(features()))).map(closed)


@given(on=subsets)
@example(on=frozenset())
@settings(
    max_examples=EXAMPLES,
    deadline=None,  # a start takes as long as the machine needs
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_site_stands_with_any_set_of_its_plugins(open_site: OpenSite, on: frozenset[str]) -> None:
    # Given a site with these features and no others
    off = tuple(sorted(set(features()) - on))
    site = await open_site(disable=off, providers={"streaming": "none"})
    try:
        creator = await site.creator("ada", "nova")
        # When somebody goes through the core's pages
        found = {path: (await creator.get(path)).status for path in PAGES}
        # Then they all stand, and what is on runs
        assert found == dict.fromkeys(PAGES, 200)
        states = {row.name: row.state for row in site.platform.plugins.rows() if row.name in features()}
        assert {name for name, state in states.items() if state is State.RUNNING} == set(on)
    finally:
        await site.close()
