"""Sending a mail that a row of the outbox asks for: with what every mail of the site has in common."""

from __future__ import annotations

import dataclasses

from aethex_live.jobs import GiveUp, OutboxCall
from aethex_live.providers import Invalid
from aethex_live.providers.email import Email, EmailProvider
from aethex_live.services.mail_pages import as_page

# no out-of-office note is to answer it, RFC 3834
_AUTOMATIC = {"Auto-Submitted": "auto-generated"}


async def post(provider: EmailProvider, mail: Email, call: OutboxCall) -> str:
    """Send the mail of a row; returns the provider's id of it.

    A mail of text alone gets a page of the same words. The row's id is the idempotency key, and the tag `ref`, by which
    bounces and complaints name it. Raises GiveUp for a mail that the provider calls malformed, which no repeat mends,
    and what the provider raises.
    """
    whole = dataclasses.replace(
        mail,
        html=as_page(mail.subject, mail.text) if mail.html is None else mail.html,
        headers={**_AUTOMATIC, **mail.headers},
        tags={"ref": str(call.id), **mail.tags},
    )
    try:
        return await provider.send(whole, idempotency_key=call.idempotency_key)
    except Invalid as error:
        raise GiveUp(str(error)) from None
