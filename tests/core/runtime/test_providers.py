"""Providers and services: chosen by name, and when one is not there, why and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pytest

from aethex_live import ServiceKey
from aethex_live._runtime.gate import Gate
from aethex_live._runtime.registry import CONTRACTS, SPECS, Providers
from aethex_live._runtime.services import ServiceMissing, Services
from aethex_live.errors import ConfigError, PluginError, StartError
from aethex_live.providers import Kind, Offer
from aethex_live.settings import ProviderChoice, Site

from .conftest import Workbench

MAILER = """
from aethex_live import Plugin, PluginSettings, hookimpl
from aethex_live.providers import Offer
class Settings(PluginSettings):
    fault: str = ""
class Mailer:
    name = "{name}"
    capabilities = frozenset()
    closed = 0
    async def send(self, message, *, idempotency_key): return ""
    async def aclose(self): Mailer.closed += 1
class EmailPlugin(Plugin):
    settings_class = Settings
    @hookimpl
    def email_providers(self):
        return [Offer("{name}", self.build)]
    def build(self):
        if self.context.settings.fault:
            raise OSError(self.context.settings.fault)
        return Mailer()
    @hookimpl
    async def startup(self):
        if self.context.settings.fault == "":
            return
"""


def mailer(bench: Workbench, name: str = "pigeon", code: str = MAILER, **facts: Any) -> Path:
    provides = facts.pop("provides", [f"email:{name}"])
    return bench.plugin(f"email_{name}", code.replace("{name}", name), provides=provides, **facts)


def choose(bench: Workbench, name: str) -> None:
    bench.settings = bench.settings.replace('email = "none"', f'email = "{name}"')


async def refused(bench: Workbench, **limits: float) -> str:
    with pytest.raises(StartError) as caught:
        await bench.started(**limits)
    return str(caught.value)


def test_every_kind_has_a_hook_and_a_contract() -> None:
    assert set(SPECS) == set(CONTRACTS) == set(Kind)


async def test_a_chosen_provider_is_there_and_closed_at_the_end(bench: Workbench) -> None:
    mailer(bench, phase=6)
    bench.settings = "phase = 1\n" + bench.settings
    choose(bench, "pigeon")
    plugins = await bench.started()
    provider = plugins.providers.email()
    assert provider is not None
    assert provider.name == "pigeon"
    assert plugins.providers.email("pigeon") is provider
    assert plugins.providers.names(Kind.EMAIL) == ["pigeon"]
    await plugins.stop()
    assert type(provider).closed == 1  # type: ignore[attr-defined]  # a counter of the plugin above


async def test_a_kind_that_is_off_has_no_provider(bench: Workbench) -> None:
    plugins = await bench.started()
    chosen = (getattr(plugins.providers, kind.value)() for kind in Kind)
    assert list(chosen) == [None] * len(Kind)


async def test_old_rows_keep_their_provider_as_long_as_its_plugin_is_on(bench: Workbench) -> None:
    mailer(bench, "pigeon")
    mailer(bench, "raven")
    choose(bench, "raven")
    plugins = await bench.started()
    assert (plugins.providers.email() or 0) is plugins.providers.email("raven")
    assert plugins.providers.email("pigeon") is not None
    await plugins.switching.turn_off("email_pigeon")
    assert plugins.providers.email("pigeon") is None
    assert plugins.providers.names(Kind.EMAIL) == ["raven"]


async def test_a_chosen_provider_can_not_be_turned_off(bench: Workbench) -> None:
    mailer(bench)
    choose(bench, "pigeon")
    plugins = await bench.started()
    with pytest.raises(PluginError, match=r"providers.email \(aethex.toml\) decides"):
        await plugins.switching.turn_off("email_pigeon")


async def test_a_provider_that_nobody_offers_lists_what_there_is(bench: Workbench) -> None:
    mailer(bench, "pigeon")
    choose(bench, "pidgeon")
    told = await refused(bench)
    assert told.startswith('providers.email = "pidgeon" (aethex.toml): no installed plugin offers it.')
    assert "Did you mean pigeon?" in told
    choose(bench, "none")
    bench.settings = bench.settings.replace('email = "pidgeon"', 'email = "smoke"')
    assert "There is pigeon. Install the plugin that offers it (by custom email_smoke)" in await refused(bench)


async def test_a_kind_of_which_nothing_is_installed_says_so(bench: Workbench) -> None:
    choose(bench, "pigeon")
    assert "No provider of email is installed." in await refused(bench)


@pytest.mark.parametrize(
    ("code", "settings", "sentence"),
    [
        (
            MAILER,
            "[plugins.email_pigeon]\nfalut = 'x'\n",
            "its plugin email_pigeon is misconfigured. falut under",
        ),
        (
            "import vendor_sdk_that_is_not_there",
            "",
            "which is not installed. Correct it, update it or turn it off",
        ),
        (MAILER, "[plugins.email_pigeon]\nfault = 'no key'\n", "can't make it: OSError: no key"),
        (
            MAILER.replace("return [Offer", "return [] or [Offer").replace('Offer("{name}"', 'Offer("dove"'),
            "",
            "has failed",
        ),
        (MAILER.replace("async def send", "async def sent"), "", "it is no EmailProvider: it lacks send."),
        (
            MAILER.replace('    name = "{name}"', '    name = "dove"'),
            "",
            "it is offered as pigeon and calls itself dove.",
        ),
        (
            MAILER.replace("            return\n", "            raise OSError('line cut')\n"),
            "",
            "OSError: line cut",
        ),
    ],
)
async def test_a_chosen_provider_that_fails_stops_the_start_with_the_reason(
    bench: Workbench, code: str, settings: str, sentence: str
) -> None:
    mailer(bench, code=code)
    choose(bench, "pigeon")
    bench.settings += settings
    told = await refused(bench)
    assert told.startswith('providers.email = "pigeon" (aethex.toml)')
    assert sentence in told


async def test_a_provider_that_is_not_chosen_fails_alone(bench: Workbench) -> None:
    mailer(bench)
    bench.settings += "[plugins.email_pigeon]\nfault = 'no key'\n"
    plugins = await bench.started()
    (row,) = plugins.rows()
    assert row.reason == ("It can't be built: The email provider pigeon of email_pigeon can't be used: OSError: no key")


async def test_an_offer_that_the_manifest_does_not_announce_is_refused(bench: Workbench) -> None:
    mailer(bench, provides=[])
    plugins = await bench.started()
    (row,) = plugins.rows()
    assert 'add provides = ["email:pigeon"] to plugin.toml' in row.reason


class Letterbox:
    """A provider of e-mail."""

    capabilities: frozenset[Any] = frozenset()

    def __init__(self, name: str) -> None:
        self.name = name

    async def send(self, message: object, *, idempotency_key: str) -> str:
        return ""

    async def aclose(self) -> None:
        raise OSError("stuck")


async def test_two_plugins_that_offer_one_provider_are_both_named() -> None:
    providers = Providers(Site(providers=ProviderChoice(email="x")), Gate())
    providers.install("email_a", Kind.EMAIL, Offer("x", lambda: Letterbox("x")), announced=True)
    with pytest.raises(ConfigError, match="Two plugins offer the email provider x: email_a and email_b"):
        providers.install("email_b", Kind.EMAIL, Offer("x", lambda: Letterbox("x")), announced=True)
    await providers.aclose()  # one that does not close is logged


@runtime_checkable
class Viewers(Protocol):
    """Counts viewers."""

    def count(self) -> int:
        """How many."""
        ...


VIEWERS = ServiceKey("viewers", Viewers)


class Counter:
    """Counts to three."""

    def count(self) -> int:
        return 3


def services(offers: Mapping[ServiceKey[Any], object]) -> tuple[Gate, Services]:
    gate = Gate()
    gate.open("stats")
    made = Services(gate)
    made.install("stats", offers)
    return gate, made


def test_a_service_is_there_while_its_plugin_is_on() -> None:
    gate, made = services({VIEWERS: Counter()})
    assert made.require(VIEWERS).count() == 3
    gate.close("stats")
    assert made.get(VIEWERS) is None
    with pytest.raises(
        ServiceMissing, match="Nothing offers the service viewers at the moment: turn on the plugin stats"
    ):
        made.require(VIEWERS)


def test_a_service_that_nobody_offers_says_so() -> None:
    _, made = services({})
    with pytest.raises(ServiceMissing, match="install a plugin that offers it"):
        made.require(VIEWERS)


def test_a_service_that_is_not_what_its_key_promises_is_refused() -> None:
    with pytest.raises(PluginError, match="stats offers viewers as int, which is no Viewers"):
        services({VIEWERS: 3})


def test_a_service_is_offered_once() -> None:
    _, made = services({VIEWERS: Counter()})
    with pytest.raises(PluginError, match="other offers the service viewers, which stats offers already"):
        made.install("other", {VIEWERS: Counter()})
    assert made.offered_by(VIEWERS) == "stats"


async def test_plugins_use_one_anothers_services(bench: Workbench) -> None:
    bench.plugin(
        "stats",
        """
        from aethex_live import Plugin, ServiceKey, hookimpl
        class Stats(Plugin):
            @hookimpl
            def services(self):
                return {ServiceKey("words", list): ["hello"]}
        """,
    )
    plugins = await bench.started()
    assert plugins.services.get(ServiceKey("words", list)) == ["hello"]
