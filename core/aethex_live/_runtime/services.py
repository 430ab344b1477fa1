"""What plugins offer one another: implementations by key, and who offers them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from aethex_live._runtime.gate import Gate
from aethex_live.errors import PluginError
from aethex_live.services import ServiceKey

T = TypeVar("T")
log = logging.getLogger(__name__)


class ServiceMissing(PluginError):
    """No plugin that is on offers the service."""


class Services:
    """Looks services up. What a plugin offers is gone while the plugin is off."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._offers: dict[str, tuple[str, object]] = {}

    def install(self, plugin: str, offers: Mapping[ServiceKey[Any], object]) -> None:
        """Take a plugin's services in. Raises PluginError when one is taken or not what its key promises."""
        for key, service in offers.items():
            if (taken := self._offers.get(key.name)) is not None:
                raise PluginError(f"{plugin} offers the service {key.name}, which {taken[0]} offers already.")
            if getattr(key.protocol, "_is_runtime_protocol", False) and not isinstance(service, key.protocol):
                wrong, right = type(service).__name__, key.protocol.__name__
                raise PluginError(f"{plugin} offers {key.name} as {wrong}, which is no {right}.")
            self._offers[key.name] = (plugin, service)

    def get(self, key: ServiceKey[T]) -> T | None:
        """The service, or None when no plugin that is on offers it."""
        offer = self._offers.get(key.name)
        if offer is None or not self._gate.is_on(offer[0]):
            return None
        service: T = offer[1]  # type: ignore[assignment]  # install() has seen that it is what the key promises
        return service

    def require(self, key: ServiceKey[T]) -> T:
        """The service. Raises ServiceMissing, which says what to turn on."""
        service = self.get(key)
        if service is not None:
            return service
        owner = self.offered_by(key)
        step = f"turn on the plugin {owner}" if owner else "install a plugin that offers it"
        raise ServiceMissing(f"Nothing offers the service {key.name} at the moment: {step}.")

    def offered_by(self, key: ServiceKey[Any]) -> str | None:
        """The plugin whose service it is, on or off."""
        offer = self._offers.get(key.name)
        return offer[0] if offer else None
