"""Types for the settings of providers' plugins: keys, addresses of vendors' APIs, who mails are from."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from aethex_live.providers.errors import Invalid
from aethex_live.providers.mail_rules import check_address

_WORD = re.compile(r"[!-~]+")


def begins(prefix: str) -> AfterValidator:
    """For `Annotated[SecretStr, begins("sk_")]`: a key that is one word with this beginning, or nothing at all."""

    def check(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value().strip()
        if text and not (text.startswith(prefix) and len(text) > len(prefix) and _WORD.fullmatch(text)):
            raise ValueError(f"this should be one word that begins with {prefix}")
        return SecretStr(text)

    return AfterValidator(check)


def _address(address: str) -> str:
    if address:
        try:
            check_address(address, "")
        except Invalid as error:
            raise ValueError(str(error)) from None
    return address


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("this should be one line of text")
    return text


def _api_url(url: str) -> str:
    parts = urlsplit(url.rstrip("/"))
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("this should be an address such as https://api.example.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname)):
        raise ValueError("this should begin with https://: keys are sent there")
    return url.rstrip("/")


def _maybe_api_url(url: str) -> str:
    return _api_url(url) if url else url


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


MailAddress = Annotated[str, AfterValidator(_address)]
"""An e-mail address, or nothing at all."""

Line = Annotated[str, AfterValidator(_line)]
"""One line of text."""

ApiUrl = Annotated[str, AfterValidator(_api_url)]
"""Where an API is, without a slash at its end: https, or this machine."""

MaybeApiUrl = Annotated[str, AfterValidator(_maybe_api_url)]
"""The same, or nothing at all."""
