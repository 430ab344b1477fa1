"""Settings of email_smtp: the mail server, how to speak to it, and who the mails are from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from aethex_live import PluginSettings
from aethex_live.providers import Invalid
from aethex_live.providers.mail_rules import check_address
from aethex_live.providers.setting_types import Line

PROVIDER = "smtp"
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class EmailSmtpSettings(PluginSettings):
    """Where mails go and who they are from. `host` and `from_address` are needed as soon as smtp is chosen."""

    host: str = Field("", max_length=253, description="name of the mail server, such as smtp.example.org")
    port: int | None = Field(None, ge=1, le=65535, description="its port; 587, 465 or 25 by `security`")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls: encrypted after a greeting; tls: from the first byte; none: not at all"
    )
    ca_file: Path | None = Field(
        None, description="certificates to trust instead of the machine's, for a server inside"
    )
    username: str = Field("", max_length=320, description="name for the login; without one there is no login")
    password: SecretStr = Field(SecretStr(""), description="password for the login; a mail service calls it SMTP key")
    from_address: str = Field("", description="the address that mails come from")
    from_name: Line = Field("", max_length=100, description="the name that mails come from; the site's by default")
    timeout_s: float = Field(15, ge=1, le=60, description="seconds that one mail may take, and each of its steps")
    connections: int = Field(4, ge=1, le=50, description="mails that are sent at the same time")

    @field_validator("from_address")
    @classmethod
    def _is_address(cls, address: str) -> str:
        return plain_address(address)

    @field_validator("host")
    @classmethod
    def _is_host(cls, host: str) -> str:
        if host and (not host.isascii() or not host.isprintable() or set(host) & set(" /@")):
            raise ValueError("this should be the name of a mail server alone, such as smtp.example.org")
        return host

    @field_validator("username", "password")
    @classmethod
    def _is_ascii(cls, value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text.isascii() or not (text.isprintable() or not text):
            raise ValueError("this has letters beyond ASCII, or line ends, which logins of mail servers do not take")
        return value

    @property
    def chosen_port(self) -> int:
        """The port to connect to."""
        return self.port or PORTS[self.security]


def plain_address(address: str) -> str:
    """A valid address of ASCII, or an empty text. Raises ValueError with a sentence."""
    if not address:
        return address
    try:
        check_address(address, PROVIDER)
    except Invalid as error:
        raise ValueError(str(error)) from None
    if not address.isascii():
        raise ValueError("write this address in ASCII: most mail servers refuse other letters before the @")
    return address
