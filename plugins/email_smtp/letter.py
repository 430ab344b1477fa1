"""A mail as it goes over the wire: text alone, or text and HTML side by side, in seven bits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from aethex_live.providers.email import Email
from aethex_live.providers.mail_rules import sendable

# the longest line of quoted-printable, RFC 2045; encoded words get shorter than their 75, too
_WIRE = SMTP.clone(max_line_length=76)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails are from."""

    address: str
    name: str

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2]


def message_id(key: str, domain: str) -> str:
    """The Message-ID that belongs to an idempotency key: a repeat has the same, and mailboxes can tell it by that."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def written(mail: Email, sender: Sender, mail_id: str, now: datetime) -> bytes:
    """The whole message, with CRLF line ends; `mail` is checked already."""
    message = EmailMessage(policy=_WIRE)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = sendable(mail.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = mail_id
    if mail.reply_to is not None:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    plain = {name: value for name, value in mail.headers.items() if value.isascii()}
    for name in mail.headers.keys() - plain.keys():
        message[name] = mail.headers[name]
    # quoted-printable keeps every line short and of seven bits, whatever the server takes
    message.set_content(sendable(mail.text), cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(sendable(mail.html), subtype="html", cte="quoted-printable")
    # as they are, in lines as long as they may be: the library would fold long addresses into encoded words
    head = "".join(f"{name}: {value}\r\n" for name, value in plain.items())
    return head.encode() + message.as_bytes()
