"""Checks of vendors: whether each that the site uses takes our keys, asked without any effect there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aethex_live._runtime.discovery import Found
from aethex_live._runtime.report import PluginRow
from aethex_live._runtime.states import State
from aethex_live.clock import Clock
from aethex_live.errors import AethexError
from aethex_live.ids import uuid7
from aethex_live.providers import Kind, NotFound
from aethex_live.providers.auth import Redirecting
from aethex_live.providers.calls import Outside, Trying
from aethex_live.providers.payments import PaymentProvider
from aethex_live.providers.storage import StorageProvider
from aethex_live.providers.streaming import Watching
from aethex_live.settings import Site

from .finding import Finding, bad, ok, warning
from .trying import ask_issuers, look_up_checkout

_ASK_S = 12.0  # a vendor
_OPEN_S = 60.0
_TAKEN = "It answers and takes the key."


def used(rows: Sequence[PluginRow], found: Mapping[str, Found]) -> list[str]:
    """The plugins of vendors that are on."""
    on = (found[row.name] for row in rows if row.state is State.LOADED)
    return [plugin.name for plugin in on if plugin.manifest and plugin.manifest.on_demand and plugin.manifest.provides]


async def ask_all(site: Site, clock: Clock) -> list[Finding]:
    """Open the site, whose database is at this version, and ask every vendor. Serves and starts nothing."""
    from aethex_live.platform import Platform  # late: most sites have no vendor, and look without it

    try:
        async with asyncio.timeout(_OPEN_S):
            platform = await Platform.open(site, clock)
    except (AethexError, TimeoutError) as error:
        return [bad("vendors", str(error) or "The site does not open.", "It would not start either; see the sentence.")]
    try:
        live = [(kind, platform.providers.get(kind, name)) for kind in Kind for name in platform.providers.names(kind)]
        return await asyncio.gather(*(_finding(kind, one) for kind, one in live if isinstance(one, Outside)))
    finally:
        await platform.close()


async def _finding(kind: Kind, provider: Outside) -> Finding:
    name = f"{kind} {getattr(provider, 'name', '')}"
    try:
        async with asyncio.timeout(_ASK_S):
            said = await ask(provider)
    except TimeoutError:
        return bad(name, f"It did not answer within {_ASK_S:g} s.", "Look at the network, and at its status page.")
    except (AethexError, OSError) as error:
        return bad(name, f"It failed: {error}", "Correct what the sentence names; then run this again.")
    return ok(name, said) if said else warning(name, "It can't be asked without an effect.", "Use it once to see.")


async def ask(provider: object) -> str:
    """Whether the vendor takes our keys, in a sentence; "" where there is no harmless question.

    Raises the provider's errors, whose sentences say what to mend.
    """
    nothing = f"try-{uuid7().hex}"
    try:
        match provider:
            case Trying():
                return await provider.try_out()
            case PaymentProvider():
                return await look_up_checkout(provider)
            case StorageProvider():
                await provider.head(f"checks/{nothing}")
            case Watching():
                await provider.live_state(nothing)
            case Redirecting():
                return await ask_issuers(provider)
            case _:
                return ""
    except NotFound:
        return _TAKEN  # as it should be: nobody made that
    return _TAKEN
