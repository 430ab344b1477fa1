"""Trying a provider out: the chosen one of a kind really does its work once, within a time limit."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aethex_live.errors import AethexError
from aethex_live.ids import uuid7
from aethex_live.providers import AccessDenied, Kind, NotFound
from aethex_live.providers.auth import AuthCap, AuthProvider, Redirecting
from aethex_live.providers.calls import Trying
from aethex_live.providers.email import Email, EmailProvider, MailCap
from aethex_live.providers.payments import PaymentProvider
from aethex_live.providers.storage import StorageProvider
from aethex_live.providers.streaming import IngestSpec, StreamProvider

from .finding import Finding, bad, ok, warning

if TYPE_CHECKING:
    from aethex_live.platform import Platform

LIMIT_S = 20.0
_CONNECT_S = 3.0
_PORTS = {"rtmp": 1935, "rtmps": 443, "https": 443, "http": 80}


async def try_provider(platform: Platform, kind: Kind, *, name: str | None = None, mail_to: str = "") -> Finding:
    """Try the chosen provider of a kind, or the one of a name; `mail_to` is where a test mail goes.

    Never raises, says what happened.
    """
    provider = platform.providers.get(kind, name)
    if provider is None:
        return warning(kind, f"There is no {kind} provider to try.", "Choose one under [providers] in aethex.toml.")
    begun = time.monotonic()
    try:
        async with asyncio.timeout(LIMIT_S):
            said = await _try(platform, provider, mail_to)
    except TimeoutError:
        return bad(
            kind, f"It did not answer within {LIMIT_S:g} s.", "Look at its address, its account and the network."
        )
    except (AethexError, OSError) as error:
        return bad(kind, f"It failed: {error}", "Look at its settings on the page of its plugin, and at the log.")
    if isinstance(said, Finding):
        return said
    return ok(kind, f"{said} It took {(time.monotonic() - begun) * 1000:,.0f} ms.")


async def _try(platform: Platform, provider: object, mail_to: str) -> str | Finding:
    match provider:
        case StreamProvider():
            return await _stream(provider)
        case StorageProvider():
            return await _store(provider)
        case EmailProvider():
            return await send_test_mail(provider, mail_to, platform.site.name)
        case AuthProvider():
            return await _prove(provider)
        case PaymentProvider():
            return await look_up_checkout(provider)
    return warning("provider", "A provider of this kind can't be tried.", "It shows when it is used.")


async def look_up_checkout(provider: PaymentProvider) -> str:
    """Ask for a checkout that there never was: it costs nothing, and shows whether the key is taken."""
    try:
        await provider.get_checkout(f"try_{uuid7().hex}")
    except NotFound:
        return "It answers and takes the key; no payment was made."
    raise AethexError("it found a checkout that nobody made.")


async def _store(provider: StorageProvider) -> str:
    """Put an object, read it back, delete it, and see it gone."""
    key, data = f"checks/{uuid7()}.txt", secrets.token_bytes(2048)
    await provider.put(key, data, content_type="application/octet-stream")
    try:
        read = b"".join([piece async for piece in provider.get(key)])
    finally:
        await provider.delete(key)
    if read != data:
        raise AethexError("what was read back is not what was stored.")
    try:
        await provider.head(key)
    except NotFound:
        return "A file was stored, read back unchanged and deleted."
    raise AethexError("the deleted file is still there.")


async def send_test_mail(provider: EmailProvider, to: str, site_name: str) -> str | Finding:
    """Send a mail to the operator and say what became of it; without an address only ask the provider, if it can be.

    Raises Invalid for an address that is none.
    """
    if not to.strip():
        if isinstance(provider, Trying):
            return await provider.try_out()
        return warning("email", "There is no address to send to.", "Add one to your account, or type one.")
    text = f"This is a test of {site_name}. If you read it, mails of the site reach you.\n"
    message = Email(to=to.strip(), subject=f"Test mail of {site_name}", text=text)
    await provider.send(message, idempotency_key=f"test:{uuid7()}")
    if MailCap.KEPT in provider.capabilities:
        return "The mail is kept on this machine and was not sent: see the page Mails."
    return f"The mail to {to.strip()} was handed over; look into the mailbox, and into its spam."


async def _stream(provider: StreamProvider) -> str | Finding:
    """Make an ingest, ask where encoders send to, see whether that answers, and delete the ingest."""
    ref = uuid7()
    made = await provider.create_ingest(IngestSpec(ref=ref, title="Test"), idempotency_key=str(ref))
    try:
        endpoints = await provider.endpoints(made.id, key_version=1)
    finally:
        await provider.delete_ingest(made.id)
    if not endpoints:
        raise AethexError("it names no address for encoders.")
    silent = [endpoint.url for endpoint in endpoints if not await _answers(endpoint.url)]
    if silent:
        return warning(
            "streaming",
            f"An ingest was made, but {urlsplit(silent[0]).netloc} does not answer from this machine.",
            "Look at the port and the firewall; from outside it may answer all the same.",
        )
    return f"An ingest was made and deleted, and {urlsplit(endpoints[0].url).netloc} takes encoders."


async def _answers(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    if parts.hostname is None or port is None:
        return True  # no address that can be asked by TCP
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _prove(provider: AuthProvider) -> str | Finding:
    """Make a password storable, and see a wrong one refused; or ask the vendor."""
    if isinstance(provider, Trying):
        return await provider.try_out()
    if AuthCap.REDIRECT in provider.capabilities and isinstance(provider, Redirecting):
        return await ask_issuers(provider)
    if AuthCap.PASSWORD not in provider.capabilities:
        return warning("auth", "It proves people on its own pages, which can't be tried from here.", "Sign in with it.")
    if AuthCap.REGISTER in provider.capabilities:
        await provider.prepare_password(secrets.token_urlsafe(24))
    try:
        await provider.check_password(str(uuid7()), secrets.token_urlsafe(24))
    except AccessDenied:
        return "A password was hashed, and a wrong one was refused."
    raise AethexError("it let in somebody who does not exist.")


async def ask_issuers(provider: Redirecting) -> str:
    """Begin a sign-in at each issuer, which asks it for its addresses, and leave it there."""
    issuers = provider.issuers()
    for issuer in issuers:
        await provider.begin_sign_in(issuer.key, return_url="https://localhost/try")
    named = ", ".join(issuer.label for issuer in issuers)
    return f"{named} answered; whether this site is registered there shows a sign-in."
