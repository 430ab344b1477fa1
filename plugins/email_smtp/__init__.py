"""email_smtp: sends mails by a mail server."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from aethex_live import Plugin, PluginContext, hookimpl
from aethex_live.providers import NotConfigured, Offer
from aethex_live.providers.email import EmailProvider

from .settings import PROVIDER, EmailSmtpSettings

if TYPE_CHECKING:
    import ssl

    from .line import Server
    from .service import SmtpMail

__all__ = ["EmailSmtp"]

_TABLE = "[plugins.email_smtp]"


class EmailSmtp(Plugin):
    """Offers the e-mail provider "smtp"."""

    settings_class = EmailSmtpSettings

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._settings = cast("EmailSmtpSettings", context.settings)

    @hookimpl
    def email_providers(self) -> Sequence[Offer[EmailProvider]]:
        """The provider."""
        return [Offer(PROVIDER, self._build)]

    def _build(self) -> SmtpMail:
        """Raises NotConfigured, which names the setting and where to get its value."""
        # here, because a site that does not send by it need not read it
        from .letter import Sender
        from .service import SmtpMail

        settings = self._settings
        self._need("host", settings.host, "your mail service names it, often smtp.<its domain>")
        self._need("from_address", settings.from_address, "an address that the mail server lets you send from")
        if settings.username and not settings.password.get_secret_value():
            self._need("password", "", "your mail service shows it, often as SMTP key")
        if settings.username and settings.security == "none" and not _is_here(settings.host):
            raise self._wrong(f'security under {_TABLE} is "none": the password would be readable on its way. Use tls.')
        return SmtpMail(
            self._server(),
            Sender(settings.from_address, settings.from_name or self.context.site.name),
            self.context.clock,
            timeout_s=settings.timeout_s,
            connections=settings.connections,
        )

    def _server(self) -> Server:
        from .line import Server

        settings = self._settings
        return Server(
            host=settings.host,
            port=settings.chosen_port,
            implicit=settings.security == "tls",
            tls=None if settings.security == "none" else self._trust(),
            username=settings.username,
            password=settings.password.get_secret_value(),
            hello=_hello(self.context.site.url),
            step_s=settings.timeout_s,
        )

    def _trust(self) -> ssl.SSLContext:
        import ssl

        path = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=path)
        except OSError as error:
            reason = error.strerror or "it holds no certificate"
            raise self._wrong(f"ca_file under {_TABLE} can't be read ({reason}): {path}") from None

    def _need(self, name: str, value: str, where: str) -> None:
        if not value:
            variable = f"AETHEX_EMAIL_SMTP__{name.upper()}"
            raise self._wrong(f"{name} is missing: set it under {_TABLE}, or as {variable}; {where}.")

    def _wrong(self, sentence: str) -> NotConfigured:
        return NotConfigured(sentence, provider=PROVIDER, operation="start")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hello(url: str) -> str:
    """How this machine names itself: the site's name, or its number in brackets."""
    host = urlsplit(url).hostname or "localhost"
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{number}]" if number.version == 6 else f"[{number}]"
