"""What is on and why: phases, choices, requirements, providers; and the order of start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live._runtime.discovery import Found, Source
from aethex_live._runtime.manifest import Manifest
from aethex_live._runtime.order import circles, start_order
from aethex_live._runtime.selection import check_names, select
from aethex_live._runtime.states import State
from aethex_live.errors import ConfigError
from aethex_live.settings import ProviderChoice, Site

NAMES = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot")
NOBODY = ProviderChoice(auth="none", streaming="none", storage="none", email="none")


def plugin(name: str, **facts: Any) -> Found:
    manifest = Manifest.model_validate({"name": name, "title": name, "summary": name, **facts})
    return Found(name, Path(name), name, Source.OFFICIAL, "the official plugins", manifest)


def found(*plugins: Found) -> dict[str, Found]:
    return {one.name: one for one in plugins}


def site(**settings: Any) -> Site:
    return Site(**{"providers": NOBODY, **settings})


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, Found], Site, dict[str, bool]]:
    """Plugins that may require one another (in circles too, or what is missing), settings and choices."""
    there = draw(st.sets(st.sampled_from(NAMES), min_size=1))
    some = st.lists(st.sampled_from((*NAMES, "missing")), max_size=2, unique=True)
    plugins = {
        name: plugin(
            name,
            phase=draw(st.integers(1, 6)),
            requires=draw(some),
            after=draw(some),
            api=draw(st.sampled_from(("1.0", "1.0", "9.0"))),
        )
        for name in sorted(there)
    }
    sides = draw(st.fixed_dictionaries({name: st.sampled_from(("", "", "on", "off")) for name in sorted(there)}))
    settings = site(
        phase=draw(st.integers(1, 6)),
        enable=tuple(name for name, side in sides.items() if side == "on"),
        disable=tuple(name for name, side in sides.items() if side == "off"),
    )
    return plugins, settings, draw(st.dictionaries(st.sampled_from(sorted(there)), st.booleans()))


@given(worlds())
def test_what_is_on_is_closed_over_its_requirements(
    world: tuple[dict[str, Found], Site, dict[str, bool]],
) -> None:
    plugins, settings, switches = world
    decisions = select(plugins, settings, switches)
    on = {name for name, decision in decisions.items() if decision.on}
    manifests = {name: manifest for name, one in plugins.items() if (manifest := one.manifest)}
    # every plugin has a decision with a reason, and one that is off and can be turned on has a next step
    assert decisions.keys() == plugins.keys()
    assert all(decision.status.reason.endswith(".") for decision in decisions.values())
    assert all(decision.status.next_step for decision in decisions.values() if not decision.on)
    # what is needed is on; what the operator turned off is off
    assert all(set(manifests[name].requires) <= on for name in on)
    assert not on & set(settings.disable)
    assert not any(name in on and not switches[name] for name in switches.keys() - set(settings.enable))
    # whatever is on is wished by somebody: phase, operator, or a plugin that is on
    wished = {
        name for name in on if name in settings.enable or switches.get(name, manifests[name].phase <= settings.phase)
    }
    needed = {needed for name in on for needed in manifests[name].requires}
    assert on <= wished | needed
    # nothing that could be on is left out
    bad = circles(manifests) | {name for name in plugins if manifests[name].api == "9.0"}
    for name in settings.enable:
        if not manifests[name].requires and name not in bad:
            assert name in on
    # and the order of start has everything after what it needs
    order = start_order({name: manifests[name] for name in on})
    assert sorted(order) == sorted(on)
    assert all(order.index(needed) < order.index(name) for name in on for needed in manifests[name].requires)


def test_a_requirement_is_lifted_over_its_phase() -> None:
    decisions = select(found(plugin("chat", requires=["profiles"]), plugin("profiles", phase=5)), site(phase=1), {})
    assert decisions["profiles"].on
    assert decisions["profiles"].status.reason == "chat needs it."


def test_a_requirement_is_not_lifted_for_a_plugin_that_stays_off() -> None:
    plugins = found(
        plugin("chat", requires=["profiles", "banned"]),
        plugin("profiles", phase=5),
        plugin("banned", phase=1),
    )
    decisions = select(plugins, site(phase=1, disable=("banned",)), {})
    assert [name for name, decision in decisions.items() if decision.on] == []
    assert decisions["chat"].status.reason == "It needs the plugin banned, which is off."
    assert decisions["chat"].status.next_step == "Turn on banned. Restart the site then."


def test_a_missing_requirement_is_named_and_so_is_what_hangs_on_it() -> None:
    decisions = select(found(plugin("a", requires=["b"]), plugin("b", requires=["gone"])), site(), {})
    assert decisions["b"].status.state is State.MISCONFIGURED
    assert decisions["b"].status.reason == "It needs the plugin gone, which is not installed."
    assert decisions["a"].status.reason == "It needs the plugin b, which is misconfigured."


def test_plugins_that_require_each_other_are_misconfigured_and_the_rest_runs() -> None:
    decisions = select(found(plugin("a", requires=["b"]), plugin("b", requires=["a"]), plugin("c")), site(), {})
    assert decisions["a"].status.reason == "It requires itself, directly or through others."
    assert decisions["c"].on


def test_the_file_beats_the_admin_page_and_locks_it() -> None:
    plugins = found(plugin("chat"), plugin("clips"))
    decisions = select(plugins, site(enable=("chat",), disable=("clips",)), {"chat": False, "clips": True})
    assert (decisions["chat"].on, decisions["chat"].lock) == (True, "enable (default)")
    assert (decisions["clips"].on, decisions["clips"].lock) == (False, "disable (default)")


def test_a_chosen_provider_is_on_whatever_the_phase() -> None:
    plugins = found(plugin("stream_mux", provides=["streaming:mux"], phase=6))
    decisions = select(plugins, site(phase=1, providers=NOBODY.model_copy(update={"streaming": "mux"})), {})
    assert decisions["stream_mux"].on
    assert decisions["stream_mux"].status.reason == "It is the chosen provider of streaming."
    assert decisions["stream_mux"].lock == "providers.streaming (default)"


def test_a_plugin_on_demand_waits_until_it_is_wanted() -> None:
    plugins = found(plugin("stream_mux", provides=["streaming:mux"], on_demand=True))

    def decided(switches: dict[str, bool] | None = None, **settings: Any) -> bool:
        return select(plugins, site(**settings), switches or {})["stream_mux"].on

    assert not decided(phase=6)
    assert decided(providers=NOBODY.model_copy(update={"streaming": "mux"}))
    # what it made is still served while it has settings, and where somebody says so
    assert decided(plugins={"stream_mux": {"token_id": "x"}})
    assert decided(enable=("stream_mux",))
    assert decided({"stream_mux": True})
    assert not decided(disable=("stream_mux",), plugins={"stream_mux": {"token_id": "x"}})


def test_a_plugin_on_demand_says_how_it_is_wanted() -> None:
    plugins = found(
        plugin("stream_mux", provides=["streaming:mux"], on_demand=True),
        plugin("payments_box", provides=["payments:box"], on_demand=True),
        plugin("lonely", on_demand=True),
    )
    steps = {name: one.status.next_step for name, one in select(plugins, site(), {}).items()}
    end = "Restart the site then."
    assert steps == {
        "stream_mux": f'Set streaming = "mux" under [providers], or fill in [plugins.stream_mux]. {end}',
        "payments_box": f'Set payments = ["box"] under [providers], or fill in [plugins.payments_box]. {end}',
        "lonely": f"Fill in [plugins.lonely]. {end}",
    }


def test_safe_mode_starts_the_chosen_providers_alone_with_what_they_need() -> None:
    plugins = found(
        plugin("auth_x", provides=["auth:x"], requires=["keys"]), plugin("auth_y", provides=["auth:y"]),
        plugin("keys"), plugin("chat"),
    )  # fmt: skip
    settings = site(safe=True, enable=("chat",), providers=NOBODY.model_copy(update={"auth": "x"}))
    decisions = select(plugins, settings, {})
    assert sorted(name for name, decision in decisions.items() if decision.on) == ["auth_x", "keys"]
    assert decisions["chat"].status.reason == "Safe mode starts the core and the chosen providers alone."


def test_a_process_that_takes_streams_in_starts_what_handles_media_and_the_chosen_providers() -> None:
    plugins = found(
        plugin("auth_x", provides=["auth:x"]), plugin("stream_x", provides=["streaming:x"], requires=["keys"]),
        plugin("storage_x", provides=["storage:x"]), plugin("email_x", provides=["email:x"]),
        plugin("keys"), plugin("chat"),
    )  # fmt: skip
    settings = site(role="ingest", enable=("chat",), providers=NOBODY.model_copy(update={"auth": "x"}))
    decisions = select(plugins, settings, {"chat": True})
    on = sorted(name for name, decision in decisions.items() if decision.on)
    assert on == ["auth_x", "keys", "storage_x", "stream_x"]


def test_disabling_a_chosen_provider_is_a_contradiction() -> None:
    plugins = found(plugin("auth_x", provides=["auth:x"]))
    settings = site(disable=("auth_x",), providers=NOBODY.model_copy(update={"auth": "x"}))
    with pytest.raises(ConfigError, match=r'disable \(default\) names auth_x.*set auth = "none"'):
        select(plugins, settings, {})


@pytest.mark.parametrize(
    ("setting", "value"), [("enable", ("chta",)), ("disable", ("chta",)), ("plugins", {"chta": {}})]
)
def test_a_misspelt_plugin_is_an_error_that_suggests_the_right_one(setting: str, value: object) -> None:
    with pytest.raises(ConfigError, match=r"no plugin of this name is installed. Did you mean chat\?"):
        check_names(site(**{setting: value}), found(plugin("chat")))


def test_after_is_a_wish_that_gives_way_to_a_requirement() -> None:
    manifests = {one.name: one.manifest for one in (plugin("a", after=["b"]), plugin("b", requires=["a"]), plugin("c"))}
    assert start_order({name: manifest for name, manifest in manifests.items() if manifest}) == [
        "a",
        "b",
        "c",
    ]


def test_the_name_breaks_ties() -> None:
    manifests = {one.name: one.manifest for one in (plugin("c"), plugin("b"), plugin("a", after=["c"]))}
    assert start_order({name: manifest for name, manifest in manifests.items() if manifest}) == [
        "b",
        "c",
        "a",
    ]
