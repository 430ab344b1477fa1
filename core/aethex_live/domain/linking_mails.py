"""The mail to somebody whose account can be entered in a new way, or in one way less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from aethex_live.errors import Unavailable
from aethex_live.jobs import GiveUp, OutboxHandler
from aethex_live.models import User
from aethex_live.providers import Invalid as ProviderInvalid
from aethex_live.providers.email import Email

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live.jobs import Jobs, OutboxCall
    from aethex_live.settings import Site

MAIL: Final = "core.linking_mail"
_LINKED = """Hello {name},

your account @{username} on {site} can now be entered with “{label}” too.

If that was not you, take it off and sign out everywhere else:

{link}

{site}
"""
_UNLINKED = """Hello {name},

“{label}” does not open your account @{username} on {site} any more.

If that was not you, look at how one can sign in, and sign out everywhere else:

{link}

{site}
"""


class LinkingMails:
    """Writes the mail in the transaction of the change, and sends it afterwards."""

    def __init__(self, providers: Providers, jobs: Jobs, site: Site) -> None:
        self._providers = providers
        self._jobs = jobs
        self._site = site

    def handlers(self) -> list[OutboxHandler]:
        """Who sends."""
        return [OutboxHandler(MAIL, self._send)]

    async def tell(self, user: User, label: str, *, linked: bool) -> None:
        """Have the person told; nobody is who has no address, or on a site without mail."""
        if not user.email or self._providers.email() is None:
            return
        await self._jobs.publish(MAIL, {"user_id": str(user.id), "label": label, "linked": linked}, plugin="core")

    async def _send(self, call: OutboxCall) -> None:
        provider = self._providers.email()
        if provider is None:
            raise Unavailable(
                "This site sends no mails: its e-mail provider is “none”. Choose one, then retry this job."
            )
        user = await User.get_or_none(id=UUID(call.payload["user_id"]))
        if user is None or not user.email:
            return
        text = (_LINKED if call.payload["linked"] else _UNLINKED).format(
            name=user.display_name,
            username=user.username,
            site=self._site.name,
            label=call.payload["label"],
            link=f"{self._site.url}/settings#ways",
        )
        mail = Email(to=user.email, subject=f"How one can sign in to your account on {self._site.name}", text=text)
        try:
            await provider.send(mail, idempotency_key=call.idempotency_key)
        except ProviderInvalid as refused:
            raise GiveUp(str(refused)) from refused
