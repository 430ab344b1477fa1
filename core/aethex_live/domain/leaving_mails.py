"""The mail to somebody whose account is to be deleted, with the link that calls it off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from aethex_live.errors import Unavailable
from aethex_live.jobs import OutboxHandler
from aethex_live.models import User
from aethex_live.providers.email import Email
from aethex_live.secrets import BadSignature
from aethex_live.services.posting import post

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.clock import Clock
    from aethex_live.domain.mail_stops import MailStops
    from aethex_live.jobs import Jobs, OutboxCall
    from aethex_live.secrets import Secrets
    from aethex_live.settings import Site

MAIL: Final = "core.leaving_mail"
_PURPOSE = "leaving"
_OWN = """Hello {name},

your account @{username} on {site} is closed, and it will be deleted for good on {day}: with its channels, recordings, \
profile and messages' name.

If that was not you, or you think better of it, keep the account until then: sign in, or open

{link}

{site}
"""
_BY_OPERATOR = """Hello {name},

an operator of {site} closed your account @{username}. It will be deleted for good on {day}: with its channels, \
recordings, profile and messages' name.

If you think that this is a mistake, write to the operators of {site} before that day.
"""


class LeavingMails:
    """Writes the mail in the transaction of the request, and sends it afterwards."""

    def __init__(
        self, providers: Providers, clock: Clock, jobs: Jobs, secrets: Secrets, site: Site, stops: MailStops
    ) -> None:
        self._providers = providers
        self._clock = clock
        self._jobs = jobs
        self._secrets = secrets
        self._site = site
        self._stops = stops

    def handlers(self) -> list[OutboxHandler]:
        """Who sends."""
        return [OutboxHandler(MAIL, self._send)]

    async def leaving(self, user: User, *, own: bool) -> None:
        """Have the person told; nobody is who has no address, or on a site without mail."""
        if not user.email or self._providers.email() is None:
            return
        # no address and no link: operators see what waits here
        await self._jobs.publish(MAIL, {"user_id": str(user.id), "own": own}, plugin="core")

    def _text(self, user: User, delete_at: datetime, *, own: bool) -> str:
        return (_OWN if own else _BY_OPERATOR).format(
            name=user.display_name,
            username=user.username,
            site=self._site.name,
            day=f"{delete_at.astimezone(UTC):%d %B %Y}",
            link=f"{self._site.url}/leaving?t={self.sign(user.id, delete_at)}",
        )

    def sign(self, user_id: UUID, delete_at: datetime) -> str:
        """The token of the link: it holds for this one request, until the account is gone."""
        payload = user_id.bytes + int(delete_at.timestamp()).to_bytes(8, "big")
        return self._secrets.sign(_PURPOSE, payload, delete_at - self._clock.now())

    def read(self, token: str) -> tuple[UUID, int]:
        """Whose link it is, and the second at which the account would go. Raises BadSignature."""
        payload = self._secrets.unsign(_PURPOSE, token)
        if len(payload) != 24:
            raise BadSignature("The link is not genuine.")
        return UUID(bytes=payload[:16]), int.from_bytes(payload[16:], "big")

    async def _send(self, call: OutboxCall) -> None:
        provider = self._providers.email()
        if provider is None:
            raise Unavailable(
                "This site sends no mails: its e-mail provider is “none”. Choose one, then retry this job."
            )
        user = await User.get_or_none(id=UUID(call.payload["user_id"]))
        if user is None or not user.email or user.delete_at is None:
            return
        if await self._stops.stops(user.email):
            return
        subject = f"Your account on {self._site.name} will be deleted"
        text = self._text(user, user.delete_at, own=bool(call.payload["own"]))
        await post(provider, Email(to=user.email, subject=subject, text=text), call)
