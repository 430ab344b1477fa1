"""What goes when a channel or an account goes: rows at once, media and proofs by the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aethex_live.domain.recordings import DELETE_MEDIA
from aethex_live.errors import Unavailable
from aethex_live.events import record
from aethex_live.events.types import ChannelDeleted
from aethex_live.jobs import OutboxHandler
from aethex_live.models import Channel, Identity, Ingest, Recording
from aethex_live.providers import Kind
from aethex_live.providers.auth import AuthCap

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.actor import Actor
    from aethex_live.domain.audit import Audit
    from aethex_live.jobs import Jobs, OutboxCall

DELETE_INGEST: Final = "core.delete_ingest"
DELETE_SUBJECT: Final = "core.delete_subject"


class Removal:
    """Removes channels and proofs, each call inside the caller's transaction."""

    def __init__(self, providers: Providers, jobs: Jobs, audit: Audit) -> None:
        self._providers = providers
        self._jobs = jobs
        self._audit = audit

    def handlers(self) -> list[OutboxHandler]:
        """What is done at providers once the rows are gone."""
        return [
            OutboxHandler(DELETE_INGEST, self._delete_ingest),
            OutboxHandler(DELETE_SUBJECT, self._delete_subject),
        ]

    async def channel(self, channel: Channel, actor: Actor | None) -> None:
        """Remove a channel with all that hangs on it; its recordings' media follow."""
        for row in await Recording.filter(channel_id=channel.id).values("id", "provider", "provider_id"):
            media = {"provider": row["provider"], "provider_id": row["provider_id"]}
            await self._jobs.publish(DELETE_MEDIA, media, plugin="core", dedupe=f"{DELETE_MEDIA}:{row['id']}")
        for ingest in await Ingest.filter(channel_id=channel.id).values("provider", "provider_id"):
            await self._jobs.publish(DELETE_INGEST, ingest, plugin="core")
        await record(
            ChannelDeleted(channel_id=channel.id, owner_id=channel.owner_id, slug=channel.slug),
            subject=f"channel:{channel.id}",
            actor=actor.user_id if actor else None,
            channel=channel.id,
        )
        await self._audit.write(
            "channel.deleted",
            actor=actor,
            subject=f"channel:{channel.id}",
            channel_id=channel.id,
            detail={"slug": channel.slug, "name": channel.name},
        )
        await Channel.filter(id=channel.id).delete()

    async def identities(self, user_id: object) -> None:
        """Forget how somebody proves who they are, here and at the providers."""
        rows = [(row.provider, row.subject) for row in await Identity.filter(user_id=user_id)]
        # who has no password may have codes or passkeys at a provider that calls people by the id of their account
        own = [(name, str(user_id)) for name in self._providers.names(Kind.AUTH) if self._registers(name)]
        for provider, subject in dict.fromkeys((*rows, *own)):
            await self._jobs.publish(DELETE_SUBJECT, {"provider": provider, "subject": subject}, plugin="core")
        await Identity.filter(user_id=user_id).delete()

    def _registers(self, name: str) -> bool:
        provider = self._providers.auth(name)
        return provider is not None and AuthCap.REGISTER in provider.capabilities

    async def _delete_ingest(self, call: OutboxCall) -> None:
        name = str(call.payload["provider"])
        provider = self._providers.streaming(name)
        if provider is None:
            raise Unavailable(f"The streaming provider “{name}” is off; switch its plugin on, then retry this job.")
        await provider.delete_ingest(str(call.payload["provider_id"]))

    async def _delete_subject(self, call: OutboxCall) -> None:
        name = str(call.payload["provider"])
        provider = self._providers.auth(name)
        if provider is None:
            raise Unavailable(f"The auth provider “{name}” is off; switch its plugin on, then retry this job.")
        await provider.delete_subject(str(call.payload["subject"]))
