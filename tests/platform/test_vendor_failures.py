"""Every vendor in every way to fail: what becomes of a call has a name, and the vendor is spared, probed and healed.

The vendors and their stand-ins are those that `./run bench outage` measures; a new vendor's plugin needs a row there.
"""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from aethex_live.providers.calls import PROBE_S
from bench.outage import HEALS_S, MOST, OUTAGE_S, Bench, cell, outage
from bench.outage_vendors import SECRET, VENDORS, Vendor
from bench.peers.troubled import FAILURES

PLUGINS = Path(__file__).parent.parent.parent / "plugins"
ON_THIS_MACHINE = {"auth_local", "email_outbox", "payments_sandbox", "storage_local", "stream_local"}
PATIENT_S, HASTY_S = 10.0, 0.3


def providers() -> set[str]:
    """The plugins that provide something."""
    manifests = {path.parent.name: tomllib.loads(path.read_text("utf-8")) for path in PLUGINS.glob("*/plugin.toml")}
    return {name for name, manifest in manifests.items() if manifest.get("provides")}


def test_every_plugin_that_calls_a_vendor_is_in_the_list() -> None:
    missing = providers() - ON_THIS_MACHINE - {vendor.plugin for vendor in VENDORS}
    assert not missing, f"give {missing} a row in bench/outage_vendors.py, with a stand-in that can fail"
    assert {vendor.plugin for vendor in VENDORS} <= providers()


@pytest_asyncio.fixture(params=VENDORS, ids=lambda vendor: vendor.plugin)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    vendor: Vendor = request.param
    async with Bench(vendor, PATIENT_S) as made:
        yield made


async def test_every_failure_has_the_behaviour_that_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_: float) -> None:
        return

    calls = bench.provider.calls
    monkeypatch.setattr(calls, "_wait", at_once)
    for failure in FAILURES:
        calls.timeout_s = HASTY_S if failure == "time-out" else PATIENT_S
        found = await cell(bench, failure)
        assert found.became == found.expected, f"{failure}: {found.said}"
        assert found.named, f"{failure}: {found.said}"
        assert SECRET not in found.said
        assert found.healed_s <= HEALS_S, failure


async def test_in_a_total_outage_the_vendor_is_asked_hardly_more_often_and_then_seldom(bench: Bench) -> None:
    found = await outage(bench, 25)
    assert found.ratio <= MOST
    assert 0 < found.opened_at <= 5
    assert 0 < found.probes <= OUTAGE_S / PROBE_S
