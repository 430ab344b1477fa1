"""What a provider's event means for the core's rows: streams, sessions, addresses. Runs in the inbox's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aethex_live.providers.kinds import Kind

if TYPE_CHECKING:
    from aethex_live.domain.mail_stops import MailStops, Reason
    from aethex_live.domain.sessions import Sessions
    from aethex_live.domain.vendor_streams import VendorStreams
    from aethex_live.providers.webhooks import ProviderEvent

NOTHING = "The core has nothing to do about it; plugins were told."


class Tidings:
    """Acts on events of every kind; money is not the core's, its events go to plugins alone."""

    def __init__(self, streams: VendorStreams, sessions: Sessions, stops: MailStops) -> None:
        self._streams = streams
        self._sessions = sessions
        self._stops = stops

    async def heard(self, kind: Kind, provider: str, event: ProviderEvent) -> str:
        """Do what follows from an event; what that was, in a sentence. No network, and repeatable."""
        match kind:
            case Kind.STREAMING:
                return await self._streams.heard(provider, event) or NOTHING
            case Kind.AUTH:
                return await self._account(provider, event)
            case Kind.EMAIL:
                return await self._mail(provider, event)
        return NOTHING

    async def _account(self, provider: str, event: ProviderEvent) -> str:
        if event.type == "user.deleted" or (event.type == "user.updated" and event.data.get("banned") is True):
            ended = await self._sessions.close_of_identity(provider, event.subject)
        elif event.type == "session.revoked":
            owner = event.data.get("user")
            ended = await self._sessions.close_at_provider(
                provider, event.subject, owner=owner if isinstance(owner, str) else None
            )
        else:
            return NOTHING
        return f"{ended} session{'' if ended == 1 else 's'} ended."

    async def _mail(self, provider: str, event: ProviderEvent) -> str:
        reasons: dict[str, Reason] = {"email.bounced": "bounced", "email.complained": "complained"}
        reason = reasons.get(event.type)
        if reason is None or event.data.get("permanent") is False:
            return NOTHING
        address = event.data.get("address")
        if not isinstance(address, str) or not address:
            return "The event names no address, so no mails were stopped."
        await self._stops.stop(address, reason, provider)
        return "The address gets no more mails."
