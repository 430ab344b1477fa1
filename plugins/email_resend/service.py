"""The e-mail provider "resend"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aethex_live.providers import AccessDenied
from aethex_live.providers.calls import Calls
from aethex_live.providers.email import Email, MailCap
from aethex_live.providers.http import VendorHttp, word
from aethex_live.providers.mail_rules import check_key, check_mail, check_plain, refused, sendable
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .errors import refusal
from .hooks import Hooks
from .settings import PROVIDER

MOST_AT_ONCE = 100
_SENDING_ONLY = "restricted_api_key"
_QUOTED = frozenset('()<>[]:;@\\,."')
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails are from."""

    address: str
    name: str

    def __str__(self) -> str:
        """As it stands in a mail."""
        if not set(self.name) & _QUOTED:
            return f"{self.name} <{self.address}>"
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{self.address}>'

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2].lower()


class ResendMail:
    """Sends mails by Resend's API; the same key is the same mail there for a day."""

    name = PROVIDER

    def __init__(self, api_key: str, sender: Sender, calls: Calls, *, base_url: str, hooks: Hooks | None) -> None:
        """`hooks` is None where Resend tells nothing. Raises NotConfigured."""
        self.calls = calls
        self._sender = sender
        self._hooks = hooks
        told = {MailCap.EVENTS, MailCap.TAGS} if hooks else set()
        self.capabilities: frozenset[MailCap] = frozenset({MailCap.IDEMPOTENT, MailCap.BATCH} | told)
        headers = {"Authorization": f"Bearer {api_key}"}
        self._http = VendorHttp(PROVIDER, "Resend", base_url, self.calls, headers=headers, extra="resend")

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Hand a mail over; returns Resend's id of it. Raises Invalid for what is no mail, and what calls raise."""
        check_key(idempotency_key, PROVIDER)
        return await self._post("send", "/emails", self._body(message), idempotency_key, _one)

    async def send_many(self, messages: Sequence[Email], *, idempotency_key: str) -> Sequence[str]:
        """Hand over at most 100 mails, all or none; returns their ids in the same order. Raises as `send`."""
        check_key(idempotency_key, PROVIDER)
        if len(messages) > MOST_AT_ONCE:
            raise refused(f"At most {MOST_AT_ONCE} mails go in one call.", PROVIDER)
        bodies = [self._body(message) for message in messages]
        if not bodies:
            return []
        return await self._post(
            "send_many", "/emails/batch", bodies, idempotency_key, lambda told: _many(told, len(bodies))
        )

    async def try_out(self) -> str:
        """Ask for the account's domains, send nothing; a sentence. Raises AccessDenied for a wrong key or domain."""
        try:
            reply = await self._http.get("try_out", "/domains", refuse=refusal)
        except AccessDenied as error:
            if error.code != _SENDING_ONLY:
                raise
            return (
                "Resend takes the API key, which may send and nothing else; a test mail shows if the domain is right."
            )
        told = reply.json()
        rows = told.get("data") if isinstance(told, dict) else None
        if not isinstance(rows, list):
            raise self._http.outside("try_out", reply)
        verified = {row.get("name") for row in rows if isinstance(row, dict) and row.get("status") == "verified"}
        if self._sender.domain not in verified:
            sentence = f"Resend has not verified {self._sender.domain}, the domain of from_address: resend.com/domains."
            raise AccessDenied(sentence, provider=PROVIDER, operation="try_out", code="domain")
        return f"Resend takes the API key, and mails from {self._sender.domain}."

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Deliveries, bounces and complaints. Raises WebhookRejected."""
        if self._hooks is None:  # nothing can be proved without a secret
            raise WebhookRejected("signature")
        return self._hooks.parse(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post(self, operation: str, path: str, body: object, key: str, read: Callable[[Any], T]) -> T:
        """What `read` finds in the answer; ValueError from there is an answer that is none."""
        headers = {"Idempotency-Key": key}
        reply = await self._http.post(operation, path, body, repeatable=True, headers=headers, refuse=refusal)
        try:
            return read(reply.json())
        except ValueError:
            raise self._http.outside(operation, reply) from None

    def _body(self, mail: Email) -> dict[str, Any]:
        check_mail(mail, PROVIDER)
        check_plain(mail, PROVIDER)
        body: dict[str, Any] = {
            "from": str(self._sender),
            "to": [mail.to],
            "subject": mail.subject,
            "text": sendable(mail.text),
        }
        if mail.html is not None:
            body["html"] = sendable(mail.html)
        if mail.reply_to is not None:
            body["reply_to"] = mail.reply_to
        if mail.headers:
            body["headers"] = dict(mail.headers)
        if mail.tags:
            body["tags"] = [{"name": name, "value": value} for name, value in mail.tags.items()]
        return body


def _one(told: object) -> str:
    """The id of an answer about one mail. Raises ValueError."""
    if not isinstance(told, dict) or not (found := word(told.get("id"))):
        raise ValueError("no id")
    return found


def _many(told: object, count: int) -> list[str]:
    """The ids of an answer about many mails. Raises ValueError."""
    rows = told.get("data") if isinstance(told, dict) else None
    if not isinstance(rows, list) or len(rows) != count:
        raise ValueError("not as many ids as mails")
    return [_one(row) for row in rows]
