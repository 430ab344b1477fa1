"""Decides which plugins are on, and says why, before any of them is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aethex_live import API_VERSION
from aethex_live._runtime.discovery import Found
from aethex_live._runtime.manifest import Manifest
from aethex_live._runtime.order import circles
from aethex_live._runtime.states import RESTART, State, Status
from aethex_live._runtime.words import suggestion
from aethex_live.errors import ConfigError
from aethex_live.providers.kinds import Kind
from aethex_live.settings import Role, Site

_TURN_ON = f"Turn it on in the admin page, or add it to enable. {RESTART} then."


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a plugin is to be loaded, why, and what locks the switch of the admin page (empty: nothing)."""

    on: bool
    status: Status
    lock: str = ""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What speaks for or against one plugin; `firm` holds even when another plugin requires it."""

    on: bool
    reason: str
    next_step: str = ""
    lock: str = ""
    firm: bool = False


def check_names(site: Site, found: Mapping[str, Found]) -> None:
    """Raises ConfigError for a plugin that settings name and that is not there."""
    named = [(name, f"[plugins.{name}]", _table_source(site, name)) for name in site.plugins]
    named += [(name, f"enable: {name}", site.source("enable")) for name in site.enable]
    named += [(name, f"disable: {name}", site.source("disable")) for name in site.disable]
    for name, what, source in named:
        if name not in found:
            raise ConfigError(f"{what} ({source}): no plugin of this name is installed.{suggestion(name, found)}")


def _table_source(site: Site, plugin: str) -> str:
    fields = (f"plugins.{plugin}.{field}" for field in site.plugins[plugin])
    return next((site.source(field) for field in fields), site.source(f"plugins.{plugin}"))


def select(found: Mapping[str, Found], site: Site, switches: Mapping[str, bool]) -> dict[str, Decision]:
    """A decision for every plugin. `switches` are the choices of the admin page.

    Raises ConfigError when the settings turn off a provider that they choose.
    """
    barred = _barred(found)
    wishes = {name: _wish(plugin, site, switches) for name, plugin in found.items() if name not in barred}
    usable = _usable(found, wishes)
    reasons = _closed(found, wishes, usable)
    decisions: dict[str, Decision] = {}
    for name in found:
        if name in barred:
            decisions[name] = Decision(False, barred[name])
        elif name in reasons:
            decisions[name] = Decision(True, Status(State.FOUND, reasons[name]), wishes[name].lock)
        else:
            decisions[name] = _left_out(name, found, wishes, barred, usable)
    return decisions


def _barred(found: Mapping[str, Found]) -> dict[str, Status]:
    """What can't be on whatever anybody wishes: unreadable, too new, requiring itself."""
    readable = {name: plugin.manifest for name, plugin in found.items() if plugin.manifest}
    barred = {
        name: Status(State.MISCONFIGURED, plugin.problem, "Correct the file, or remove the plugin.")
        for name, plugin in found.items()
        if plugin.manifest is None
    }
    for name, manifest in readable.items():
        if _number(manifest.api) > _number(API_VERSION):
            sentence = f"It needs the plugin API {manifest.api}; this platform has {API_VERSION}."
            barred[name] = Status(State.INCOMPATIBLE, sentence, "Update the platform.")
    for name in circles(readable):
        step = "Remove one requirement from its plugin.toml."
        barred.setdefault(name, Status(State.MISCONFIGURED, "It requires itself, directly or through others.", step))
    return barred


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _wish(plugin: Found, site: Site, switches: Mapping[str, bool]) -> _Wish:
    name = plugin.name
    if (kind := _chosen_kind(plugin, site)) is not None:
        return _wish_of_provider(name, kind, site)
    if site.safe:
        return _Wish(
            False,
            "Safe mode starts the core and the chosen providers alone.",
            "Start without --safe.",
            "safe mode",
        )
    if site.role is Role.INGEST and not _handles_media(plugin):
        # nothing calls it there, and a start without it is a shorter gap for viewers after a crash
        return _Wish(False, "A process that takes streams in starts what handles media alone.", "It is on elsewhere.")
    if name in site.disable:
        lock = f"disable ({site.source('disable')})"
        return _Wish(False, f"It stands in {lock}.", f"Take it out of {lock}.", lock, firm=True)
    if name in site.enable:
        lock = f"enable ({site.source('enable')})"
        return _Wish(True, f"It stands in {lock}.", lock=lock)
    if name in switches:
        return _wish_of_operator(switches[name])
    return _wish_of_phase(plugin, site)


def _chosen_kind(plugin: Found, site: Site) -> Kind | None:
    if plugin.manifest is None:
        return None
    for kind in Kind:
        if any(plugin.manifest.offers(kind, name) for name in site.providers.of(kind)):
            return kind
    return None


def _handles_media(plugin: Found) -> bool:
    return plugin.manifest is not None and not plugin.manifest.kinds().isdisjoint({Kind.STREAMING, Kind.STORAGE})


def _wish_of_provider(name: str, kind: Kind, site: Site) -> _Wish:
    setting = f"providers.{kind}"
    lock = f"{setting} ({site.source(setting)})"
    if name in site.disable:
        raise ConfigError(
            f"disable ({site.source('disable')}) names {name}, the plugin of {lock}: "
            f'take it out, or set {kind} = "none" under [providers].'
        )
    return _Wish(True, f"It is the chosen provider of {kind}.", lock=lock)


def _wish_of_operator(on: bool) -> _Wish:
    if on:
        return _Wish(True, "The operator turned it on.")
    return _Wish(False, "The operator turned it off; its data is kept.", _TURN_ON, firm=True)


def _wish_of_phase(plugin: Found, site: Site) -> _Wish:
    if plugin.manifest and plugin.manifest.on_demand and not site.plugin_table(plugin.name):
        return _Wish(False, "Nobody chose it, and nothing is set for it.", _choose(plugin.manifest))
    phase = plugin.manifest.phase if plugin.manifest else 1
    if phase <= site.phase:
        return _Wish(True, f"It belongs to phase {phase}, and the site runs the phases up to {site.phase}.")
    sentence = f"It belongs to phase {phase}; the site runs the phases up to {site.phase}."
    return _Wish(False, sentence, _TURN_ON)


def _choose(manifest: Manifest) -> str:
    offers = (offer.partition(":") for offer in manifest.provides)
    names = ((kind, f'["{name}"]' if kind == Kind.PAYMENTS else f'"{name}"') for kind, _, name in offers)
    choices = " or ".join(f"{kind} = {name}" for kind, name in names)
    choice = f"Set {choices} under [providers], or fill in" if choices else "Fill in"
    return f"{choice} [plugins.{manifest.name}]. {RESTART} then."


def _usable(found: Mapping[str, Found], wishes: Mapping[str, _Wish]) -> set[str]:
    """The plugins that could be on: nothing firm against them nor against anything that they need."""
    usable = {name for name, wish in wishes.items() if not wish.firm}
    while lacking := {name for name in usable if set(_needs(found, name)) - usable}:
        usable -= lacking
    return usable


def _closed(found: Mapping[str, Found], wishes: Mapping[str, _Wish], usable: set[str]) -> dict[str, str]:
    """The plugins that are on, with the reason: those that are wished, and what they need."""
    reasons = {name: wish.reason for name, wish in wishes.items() if wish.on and name in usable}
    waiting = sorted(reasons)
    while waiting:
        name = waiting.pop(0)
        for needed in _needs(found, name):
            if needed not in reasons:
                reasons[needed] = f"{name} needs it."
                waiting.append(needed)
    return reasons


def _needs(found: Mapping[str, Found], name: str) -> tuple[str, ...]:
    manifest = found[name].manifest
    return manifest.requires if manifest else ()


def _left_out(
    name: str,
    found: Mapping[str, Found],
    wishes: Mapping[str, _Wish],
    barred: Mapping[str, Status],
    usable: set[str],
) -> Decision:
    wish = wishes[name]
    if not wish.on:
        return Decision(False, Status(State.OFF, wish.reason, wish.next_step), wish.lock)
    missing = next(needed for needed in _needs(found, name) if needed not in usable)
    if missing not in found:
        sentence = f"It needs the plugin {missing}, which is not installed."
        return Decision(False, Status(State.MISCONFIGURED, sentence, f"Install {missing}."), wish.lock)
    if missing in barred:
        state = barred[missing].state
    else:
        state = _left_out(missing, found, wishes, barred, usable).status.state
    sentence = f"It needs the plugin {missing}, which {state.phrase}."
    if state is State.OFF:
        return Decision(False, Status(State.OFF, sentence, f"Turn on {missing}. {RESTART} then."), wish.lock)
    return Decision(False, Status(State.MISCONFIGURED, sentence, f"See {missing}."), wish.lock)
