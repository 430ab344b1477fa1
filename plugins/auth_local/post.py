"""Mails on their way: a row in the transaction of what they tell of, a handler that writes and sends them.

Rows carry ids and addresses, never a link: the handler makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from aethex_live.domain.accounts import OPEN_STATES
from aethex_live.ids import derived_id
from aethex_live.jobs import GiveUp, OutboxCall, OutboxHandler
from aethex_live.models import User
from aethex_live.providers.email import Email
from aethex_live.services.posting import post

from . import letters
from .letters import Letter
from .links import CONFIRM, RESET, REVERT, Links
from .models import Credential, PendingAddress

if TYPE_CHECKING:
    from aethex_live import PluginContext

    from .settings import AuthLocalSettings

CONFIRM_LIFE, RESET_LIFE = timedelta(hours=48), timedelta(minutes=60)
TOPICS = ("confirm", "reset", "told", "changed_address")
FORGOT = "/p/auth_local/forgot"


class Post:
    """Publishes and carries out this plugin's mails."""

    def __init__(self, context: PluginContext, settings: AuthLocalSettings, links: Links) -> None:
        self._context = context
        self._settings = settings
        self._links = links

    def handlers(self) -> Sequence[OutboxHandler]:
        """Who carries out the rows."""
        runs = (self._confirm, self._reset, self._told, self._changed_address)
        return [OutboxHandler(f"auth_local.{topic}", run) for topic, run in zip(TOPICS, runs, strict=True)]

    async def publish(self, topic: str, **payload: str | None) -> None:
        """Want a mail, with the surrounding transaction: `topic` is one of TOPICS."""
        await self._context.jobs.publish(f"auth_local.{topic}", payload, plugin="auth_local")

    async def tell(self, user_id: UUID, kind: str, **more: str) -> None:
        """Tell the owner of an account at its address; who has none is told nothing."""
        await self.publish("told", kind=kind, user_id=str(user_id), **more)

    async def _confirm(self, call: OutboxCall) -> None:
        user_id, address = UUID(call.payload["user_id"]), str(call.payload["address"])
        pending = await PendingAddress.get_or_none(user_id=user_id, address=address).select_related("user")
        if pending is None:  # confirmed, replaced or given up meanwhile
            return
        owner = await User.get_or_none(email_key=address.lower())
        if owner is not None and owner.id != user_id:
            await self._send(call, address, letters.taken(self._site, owner.username, self._url(FORGOT)))
            return
        token = await self._links.make(_link_id(call), CONFIRM, user_id, address, CONFIRM_LIFE)
        link = self._url(f"/p/auth_local/address?t={token}")
        await self._send(call, address, letters.confirm(self._site, pending.user.username, link))

    async def _reset(self, call: OutboxCall) -> None:
        """Asked for with any address; only here it matters whether somebody has it, so no answer tells."""
        address = str(call.payload["address"])
        user = await User.get_or_none(email_key=address.lower(), state__in=list(OPEN_STATES))
        if user is None or user.email is None or not await Credential.exists(subject=str(user.id)):
            return
        token = await self._links.make(_link_id(call), RESET, user.id, user.email, RESET_LIFE)
        link = self._url(f"/p/auth_local/reset?t={token}")
        await self._send(call, user.email, letters.reset(self._site, user.username, link))

    async def _changed_address(self, call: OutboxCall) -> None:
        user = await User.get_or_none(id=UUID(call.payload["user_id"]))
        if user is None:
            return
        old, days = str(call.payload["old"]), self._settings.revert_days
        token = await self._links.make(_link_id(call), REVERT, user.id, old, timedelta(days=days))
        link = self._url(f"/p/auth_local/address/revert?t={token}")
        new = str(call.payload["new"] or "")
        await self._send(call, old, letters.address_changed(self._site, user.username, new, link, days))

    async def _told(self, call: OutboxCall) -> None:
        username, address = call.payload.get("username"), call.payload.get("to")
        if username is None:
            user = await User.get_or_none(id=UUID(call.payload["user_id"]))
            if user is None:
                return
            username, address = user.username, address or user.email
        if address:
            await self._send(call, address, self._letter(username, call.payload))

    def _letter(self, username: str, payload: Mapping[str, Any]) -> Letter:
        kind, forgot = payload["kind"], self._url(FORGOT)
        if kind == "password":
            return letters.password_changed(self._site, username, forgot)
        if kind == "device":
            return letters.new_device(
                self._site, username, payload["device"], payload["address"], payload["when"], forgot
            )
        if kind == "admitted":
            return letters.admitted(self._site, username, self._url("/sign-in"))
        if kind == "declined":
            return letters.declined(self._site, username)
        return letters.security(self._site, username, payload["what"], forgot)

    async def _send(self, call: OutboxCall, address: str, letter: Letter) -> None:
        provider = self._context.providers.email()
        if provider is None:
            raise GiveUp("This mail can't be sent: the site's e-mail provider is “none”.")
        if await self._context.domain.mail_stops.stops(address):
            return  # they bounced or were called unwanted; operators read that on the page of the person
        await post(provider, Email(to=address, subject=letter.subject, text=letter.text), call)

    def _url(self, path: str) -> str:
        return f"{self._context.site.url.rstrip('/')}{path}"

    @property
    def _site(self) -> str:
        return self._context.site.name


def _link_id(call: OutboxCall) -> UUID:
    """The same link at each attempt: the mail that got through may be the first one's."""
    return derived_id("link", call.id)
