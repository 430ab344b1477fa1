"""Sessions that a provider knows, too: one that is ended here is ended there, by the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tortoise.queryset import QuerySet

from aethex_live.jobs import GiveUp, OutboxCall, OutboxHandler
from aethex_live.models import Session
from aethex_live.providers import Invalid
from aethex_live.providers.auth import AuthCap, Revoking

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.jobs import Jobs

END: Final = "core.end_at_provider"
ATTEMPTS: Final = 6


class ProviderSessions:
    """Ends sessions at the providers that opened them, where they can be ended."""

    def __init__(self, jobs: Jobs, providers: Providers) -> None:
        self._jobs = jobs
        self._providers = providers

    def handlers(self) -> list[OutboxHandler]:
        """Who calls the provider; the same call twice is as good as once."""
        return [OutboxHandler(END, self._run, attempts=ATTEMPTS)]

    async def end(self, sessions: QuerySet[Session]) -> None:
        """Have these, which the caller closes in the same transaction, ended at their providers."""
        known = sessions.filter(provider_session__isnull=False)
        for row in await known.values("provider", "provider_session"):
            if self._revoking(row["provider"]) is not None:
                wanted = {"provider": row["provider"], "session": row["provider_session"]}
                await self._jobs.publish(END, wanted, plugin="core")

    async def _run(self, call: OutboxCall) -> None:
        provider, session = str(call.payload["provider"]), str(call.payload["session"])
        if await Session.filter(provider=provider, provider_session=session).exists():
            return  # somebody signed in by it once more
        by = self._revoking(provider)
        if by is None:
            return
        try:
            await by.revoke_session(session)
        except Invalid as error:
            raise GiveUp(str(error)) from None

    def _revoking(self, name: str) -> Revoking | None:
        provider = self._providers.auth(name)
        if provider is None or AuthCap.REVOKE not in provider.capabilities or not isinstance(provider, Revoking):
            return None
        return provider
