"""The only place where hooks are declared, by domain; `MODULES` is what the runtime registers."""

from types import ModuleType

from aethex_live.hookspecs import (
    auth,
    chat,
    email,
    entitlements,
    events,
    jobs,
    lifecycle,
    moderation,
    payments,
    providers,
    realtime,
    storage,
    streaming,
    web,
)
from aethex_live.hookspecs._marker import SpecFacts, Verb, facts_of, hookimpl, spec

MODULES: tuple[ModuleType, ...] = (
    auth,
    chat,
    email,
    entitlements,
    events,
    jobs,
    lifecycle,
    moderation,
    payments,
    providers,
    realtime,
    storage,
    streaming,
    web,
)

__all__ = ["MODULES", "SpecFacts", "Verb", "facts_of", "hookimpl", "spec"]
