"""The e-mail provider "sendgrid"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aethex_live.providers.calls import Calls
from aethex_live.providers.email import Email, MailCap
from aethex_live.providers.http import VendorHttp, word
from aethex_live.providers.mail_rules import check_key, check_mail, check_plain, refused, sendable
from aethex_live.providers.webhooks import ProviderEvent, WebhookRejected, WebhookRequest

from .errors import refusal
from .hooks import PREFIX, Hooks
from .settings import PROVIDER

_SEND = "/v3/mail/send"
# links of mails open accounts: they must not go through another host
_UNTRACKED = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}


class SendgridMail:
    """Sends mails by SendGrid's API, which knows no key that makes a repeat the same mail: nothing is repeated here."""

    name = PROVIDER

    def __init__(
        self, api_key: str, address: str, name: str, calls: Calls, *, base_url: str, hooks: Hooks | None
    ) -> None:
        """`address` and `name` are who mails are from; `hooks` is None where SendGrid tells nothing.

        Raises NotConfigured.
        """
        self.calls = calls
        self._from = {"email": address, "name": name}
        self._hooks = hooks
        self.capabilities: frozenset[MailCap] = frozenset({MailCap.EVENTS, MailCap.TAGS} if hooks else set())
        headers = {"Authorization": f"Bearer {api_key}"}
        self._http = VendorHttp(PROVIDER, "SendGrid", base_url, self.calls, headers=headers, extra="sendgrid")

    async def send(self, message: Email, *, idempotency_key: str) -> str:
        """Hand a mail over; returns SendGrid's id of it, or the key where it gave none.

        Raises Invalid for what is no mail, and other provider errors.
        """
        check_key(idempotency_key, PROVIDER)
        body = self._body(message)
        reply = await self._http.post("send", _SEND, body, repeatable=False, refuse=refusal)
        if reply.status != 202:
            raise self._http.outside("send", reply)
        return word(reply.headers.get("x-message-id")) or idempotency_key

    async def try_out(self) -> str:
        """Have SendGrid judge a mail in its sandbox, which sends nothing; a sentence. Raises as `send`."""
        mail = Email(to=self._from["email"], subject="Test", text="Test")
        body = {**self._body(mail), "mail_settings": {"sandbox_mode": {"enable": True}}}
        reply = await self._http.post("try_out", _SEND, body, repeatable=True, refuse=refusal)
        if reply.status not in {200, 202}:
            raise self._http.outside("try_out", reply)
        return "SendGrid takes the API key, and a mail from this address."

    def parse_webhook(self, request: WebhookRequest) -> Sequence[ProviderEvent]:
        """Deliveries, bounces and complaints. Raises WebhookRejected."""
        if self._hooks is None:  # nothing can be proved without a key
            raise WebhookRejected("signature")
        return self._hooks.parse(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _body(self, mail: Email) -> dict[str, Any]:
        check_mail(mail, PROVIDER)
        check_plain(mail, PROVIDER)
        if not mail.subject.strip():
            raise refused("SendGrid takes no mail without a subject.", PROVIDER)
        to: dict[str, Any] = {"to": [{"email": mail.to}]}
        if mail.tags:
            to["custom_args"] = {f"{PREFIX}{name}": value for name, value in mail.tags.items()}
        content = [{"type": "text/plain", "value": sendable(mail.text) or "\n"}]
        if mail.html:
            content.append({"type": "text/html", "value": sendable(mail.html) or "\n"})
        body: dict[str, Any] = {
            "personalizations": [to],
            "from": self._from,
            "subject": mail.subject,
            "content": content,
            "tracking_settings": _UNTRACKED,
        }
        if mail.reply_to is not None:
            body["reply_to"] = {"email": mail.reply_to}
        if mail.headers:
            body["headers"] = dict(mail.headers)
        return body
