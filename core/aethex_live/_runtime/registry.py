"""The providers of this site: chosen ones for new things, and all that are live for what they once made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.states import Status
from aethex_live._runtime.words import listed, one_line, suggestion
from aethex_live.errors import ConfigError, PluginError, StartError
from aethex_live.hookspecs import auth, email, payments, storage, streaming
from aethex_live.providers import Kind, NotConfigured, Offer
from aethex_live.providers.auth import AuthProvider
from aethex_live.providers.email import EmailProvider
from aethex_live.providers.payments import PaymentProvider
from aethex_live.providers.storage import StorageProvider
from aethex_live.providers.streaming import StreamProvider
from aethex_live.settings import Site

CLOSE_S = 5.0  # for a provider to give its connections back
SPECS: Mapping[Kind, Callable[[], Sequence[Offer[Any]]]] = {
    Kind.AUTH: auth.auth_providers,
    Kind.STREAMING: streaming.streaming_providers,
    Kind.STORAGE: storage.storage_providers,
    Kind.PAYMENTS: payments.payment_providers,
    Kind.EMAIL: email.email_providers,
}
CONTRACTS: Mapping[Kind, type[Any]] = {
    Kind.AUTH: AuthProvider,
    Kind.STREAMING: StreamProvider,
    Kind.STORAGE: StorageProvider,
    Kind.PAYMENTS: PaymentProvider,
    Kind.EMAIL: EmailProvider,
}
T = TypeVar("T")
log = logging.getLogger(__name__)


class Providers:
    """Resolves providers by kind and name. None: the kind is switched off, or the provider's plugin is."""

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site = site
        self._gate = gate
        self._live: dict[tuple[Kind, str], tuple[str, Any]] = {}
        self._faults: dict[tuple[Kind, str], str] = {}

    def auth(self, name: str | None = None) -> AuthProvider | None:
        """Who proves identities: the chosen one, or the one that a row names."""
        return cast("AuthProvider | None", self.get(Kind.AUTH, name))

    def streaming(self, name: str | None = None) -> StreamProvider | None:
        """Who takes streams in: the chosen one, or the one that a row names."""
        return cast("StreamProvider | None", self.get(Kind.STREAMING, name))

    def storage(self, name: str | None = None) -> StorageProvider | None:
        """Who keeps objects: the chosen one, or the one that a row names."""
        return cast("StorageProvider | None", self.get(Kind.STORAGE, name))

    def email(self, name: str | None = None) -> EmailProvider | None:
        """Who sends mails: the chosen one, or the one that a row names."""
        return cast("EmailProvider | None", self.get(Kind.EMAIL, name))

    def payments(self, name: str | None = None) -> PaymentProvider | None:
        """Who takes money: the first of the chosen ones, or the one that a row names."""
        return cast("PaymentProvider | None", self.get(Kind.PAYMENTS, name))

    def get(self, kind: Kind, name: str | None = None) -> object | None:
        """The provider of a kind by name, or the chosen one. None when it is not there at the moment."""
        if name is None:
            chosen = self._site.providers.of(kind)
            if not chosen:
                return None
            name = chosen[0]
        plugin, provider = self._live.get((kind, name), ("", None))
        return provider if self._gate.is_on(plugin) else None

    def names(self, kind: Kind) -> list[str]:
        """The names of the providers of a kind that are live now."""
        return sorted(name for (of, name), (plugin, _) in self._live.items() if of is kind and self._gate.is_on(plugin))

    def owner(self, kind: Kind, name: str) -> str | None:
        """The plugin that a live provider comes from."""
        live = self._live.get((kind, name))
        return live[0] if live else None

    def install(self, plugin: str, kind: Kind, offer: Offer[Any], *, announced: bool) -> None:
        """Build an offered provider. Raises PluginError when it can't be built or is not what it should be.

        `announced`: its plugin's manifest lists it under `provides`, by which a choice finds the plugin.
        """
        key = (kind, offer.name)
        if (taken := self._live.get(key)) is not None:
            raise ConfigError(
                f"Two plugins offer the {kind} provider {offer.name}: {taken[0]} and {plugin}. Disable one."
            )
        try:
            if not announced:
                raise PluginError(f'it is not announced: add provides = ["{kind.value}:{offer.name}"] to plugin.toml')
            self._live[key] = (plugin, _built(kind, offer))
        except Exception as error:
            text = str(error) if isinstance(error, PluginError | NotConfigured) else one_line(error)
            self._faults[key] = text
            raise PluginError(f"The {kind} provider {offer.name} of {plugin} can't be used: {text}") from error

    def require_chosen(self, statuses: Mapping[str, Status], announced: Mapping[str, Sequence[str]]) -> None:
        """Raises StartError for a chosen provider that is not there: why it is not, and what to run.

        `statuses` are those of all plugins, `announced` what each manifest provides (`streaming:local`).
        """
        for kind in Kind:
            for name in self._site.providers.of(kind):
                plugin = self.owner(kind, name)
                if plugin is None or not self._gate.is_on(plugin):
                    raise StartError(self.explain(kind, name, statuses, announced))

    def explain(
        self, kind: Kind, name: str, statuses: Mapping[str, Status], announced: Mapping[str, Sequence[str]]
    ) -> str:
        """Why a chosen provider is not there, and the next step."""
        setting = f'providers.{kind} = "{name}" ({self._site.source(f"providers.{kind}")})'
        offer = f"{kind.value}:{name}"
        plugin = next((plugin for plugin, offers in announced.items() if offer in offers), None)
        if plugin is None:
            return f"{setting}: no installed plugin offers it.{_instead(kind, name, announced)}"
        if (fault := self._faults.get((kind, name))) is not None:
            return f"{setting}: its plugin {plugin} can't make it: {fault}"
        status = statuses[plugin]
        told = f"{setting}: its plugin {plugin} {status.state.phrase}."
        sentence = " ".join(part for part in (told, status.reason, status.next_step) if part)
        return sentence + f' Or choose another under [providers]; "none" turns {kind} off.'

    async def aclose(self) -> None:
        """Close all live providers; one that fails or hangs is logged."""
        for (kind, name), (plugin, provider) in reversed(self._live.items()):
            try:
                async with asyncio.timeout(CLOSE_S):
                    await provider.aclose()
            except Exception:
                log.exception("the %s provider %s of %s did not close", kind, name, plugin)
        self._live.clear()


def _built(kind: Kind, offer: Offer[Any]) -> object:
    provider: object = offer.build()
    contract = CONTRACTS[kind]
    if not isinstance(provider, contract):
        missing = sorted(name for name in _members(contract) if not hasattr(provider, name))
        raise PluginError(f"it is no {contract.__name__}: it lacks {listed(missing)}.")
    if (name := getattr(provider, "name", None)) != offer.name:
        raise PluginError(f"it is offered as {offer.name} and calls itself {name}.")
    return provider


def _members(contract: type[Any]) -> set[str]:
    return {name for name in {*vars(contract), *contract.__annotations__} if not name.startswith("_")}


def _instead(kind: Kind, name: str, announced: Mapping[str, Sequence[str]]) -> str:
    prefix = f"{kind.value}:"
    there = sorted(
        offer.removeprefix(prefix) for offers in announced.values() for offer in offers if offer.startswith(prefix)
    )
    hint = suggestion(name, there) if there else f" No provider of {kind} is installed."
    return f"{hint} Install the plugin that offers it (by custom {kind.prefix}{name}), or choose another."
