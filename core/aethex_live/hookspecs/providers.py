"""Hooks of providers of every kind: what vendors tell us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.hookspecs._marker import spec

if TYPE_CHECKING:
    from aethex_live.events import Recorded
    from aethex_live.providers import Kind


@spec("notify")
async def provider_event(kind: Kind, event: Recorded) -> None:
    """A provider told something, by a webhook: payload of `events.types.ProviderTold`.

    It was verified, is told once but for a replay by the operator, and the core has done its own part. Who must not
    miss one, as where money is counted, reads `provider.told` by a consumer with `catch_up` instead.
    """


@spec("notify", limit=120.0)
async def reconcile_providers() -> None:
    """Ask vendors what is true of what they may have told while nobody heard: once an hour, and when an operator says.

    The core does it for ingests that it believes live and recordings that it waits for; a plugin does it for what it
    keeps itself, such as subscriptions past their period. Each call has a time limit of its own.
    """
