"""Mails at mail servers of every kind: encrypted, with a login, refusing, silent, breaking off."""

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mail_servers import PASSWORD, USER, Mailbox, certificate, check_login, odd, server

from aethex_live.clock import ManualClock
from aethex_live.providers import AccessDenied, Invalid, NotConfigured, RateLimited, Unavailable
from aethex_live.providers.calls import FAILURES, PROBE_S
from aethex_live.providers.email import Email
from aethex_plugins.email_smtp.service import SmtpMail
from sites import free_port

MAIL = Email(to="ada@example.org", subject="Hello", text="Hello.")
Connect = Callable[..., SmtpMail]


async def refusal(provider: SmtpMail, kind: type[Exception]) -> str:
    """What is said of a mail that does not go; never anything of it."""
    with pytest.raises(kind) as refused:
        await provider.send(MAIL, idempotency_key="1")
    assert type(refused.value) is kind
    assert refused.value.__cause__ is None
    assert "ada@example.org" not in str(refused.value) + repr(refused.value)
    return str(refused.value)


async def test_the_envelope_is_of_sender_and_recipient(provider: SmtpMail, mailbox: Mailbox):
    mail_id = await provider.send(MAIL, idempotency_key="1")
    [envelope] = mailbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hello@example.org", ["ada@example.org"])
    assert mailbox.sessions[0].host_name == "example.org"
    assert mailbox.mails[0]["Message-ID"] == mail_id


async def test_a_repeat_has_the_same_message_id(provider: SmtpMail, mailbox: Mailbox):
    first = await provider.send(MAIL, idempotency_key="1")
    assert await provider.send(MAIL, idempotency_key="1") == first
    assert {mail["Message-ID"] for mail in mailbox.mails} == {first}
    assert await provider.send(MAIL, idempotency_key="2") != first


async def test_an_address_beyond_ascii_is_refused_clearly(provider: SmtpMail):
    for to, says in (("jörg@example.org", "before the @"), ("joerg@exämple.org", "xn--")):
        with pytest.raises(Invalid, match=says):
            await provider.send(Email(to=to, subject="x", text="x"), idempotency_key="1")


# --- encryption and login


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
async def test_an_encrypted_login_sends(mailbox: Mailbox, connect: Connect, tmp_path: Path, implicit: bool):
    context, trusted = certificate(tmp_path)
    how = (
        {"tls": context, "auth_require_tls": False} if implicit else {"tls_context": context, "require_starttls": True}
    )
    async with server(mailbox, authenticator=check_login, auth_required=True, **how) as port:
        tls = ssl.create_default_context(cafile=trusted)
        provider = connect(port, implicit=implicit, tls=tls, login=(USER, PASSWORD))
        assert "took the login" in await provider.try_out()
        assert mailbox.raw == []
        await provider.send(MAIL, idempotency_key="1")
    assert mailbox.sessions[0].authenticated
    if not implicit:
        assert mailbox.sessions[0].ssl is not None


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
@pytest.mark.parametrize("fault", ["unknown", "another name"])
async def test_a_certificate_that_is_not_trusted_gets_no_mail(
    mailbox: Mailbox, connect: Connect, tmp_path: Path, implicit: bool, fault: str
):
    context, made = certificate(tmp_path, *(["elsewhere.example.org"] if fault == "another name" else []))
    trusted = ssl.create_default_context(cafile=made if fault == "another name" else None)
    async with server(mailbox, **({"tls": context} if implicit else {"tls_context": context})) as port:
        said = await refusal(connect(port, implicit=implicit, tls=trusted), Unavailable)
    assert "certificate is not trusted" in said
    assert mailbox.raw == []


async def test_a_server_without_starttls_gets_no_mail(mailbox: Mailbox, connect: Connect):
    async with server(mailbox) as port:
        said = await refusal(connect(port, tls=ssl.create_default_context()), NotConfigured)
    assert "offers no STARTTLS" in said
    assert mailbox.raw == []


async def test_an_open_port_is_no_encrypted_one(mailbox: Mailbox, connect: Connect):
    async with server(mailbox) as port:
        provider = connect(port, implicit=True, tls=ssl.create_default_context())
        assert "check security and port" in await refusal(provider, Unavailable)


async def test_a_wrong_password_says_what_to_mend(mailbox: Mailbox, connect: Connect):
    async with server(mailbox, authenticator=check_login, auth_required=True, auth_require_tls=False) as port:
        provider = connect(port, login=(USER, "wrong horse"))
        for said in (await refusal(provider, AccessDenied), await refusal(provider, AccessDenied)):
            assert "535" in said
            assert "username and password under [plugins.email_smtp]" in said
            assert "wrong horse" not in said
        with pytest.raises(AccessDenied):
            await provider.try_out()
    assert mailbox.raw == []
    assert provider.calls.condition.healthy, "it answers"


async def test_a_server_that_wants_a_login_says_so(mailbox: Mailbox, connect: Connect):
    async with server(mailbox, authenticator=check_login, auth_required=True, auth_require_tls=False) as port:
        assert "wants a login (530" in await refusal(connect(port), AccessDenied)


async def test_a_server_without_a_login_says_so(mailbox: Mailbox, connect: Connect):
    async with server(mailbox) as port:  # offers none over an open line
        assert "offers no login" in await refusal(connect(port, login=(USER, PASSWORD)), NotConfigured)


# --- what it refuses


@pytest.mark.parametrize(
    ("stage", "answer", "kind", "says"),
    [
        ("rcpt", "550 5.1.1 <ada@example.org> is unknown here", Invalid, "refuses the recipient (550 5.1.1)"),
        ("rcpt", "450 4.2.1 ada@example.org: greylisted", RateLimited, "later (450 4.2.1)"),
        ("rcpt", "421 4.3.2 closing", Unavailable, "breaks off (421 4.3.2)"),
        ("mail", "553 5.7.1 not yours", AccessDenied, "check from_address"),
        ("mail", "452 4.3.1 disk full", RateLimited, "later (452 4.3.1)"),
        ("data", "554 5.7.1 spam, ada@example.org", Invalid, "refuses the mail (554 5.7.1)"),
        ("data", "451 try again", RateLimited, "later (451)"),
        ("data", "421 4.3.2 closing", Unavailable, "breaks off"),
    ],
)
async def test_a_refusal_is_named_by_its_codes(
    provider: SmtpMail, mailbox: Mailbox, stage: str, answer: str, kind: type, says: str
):
    mailbox.refuse = {stage: answer}
    assert says in await refusal(provider, kind)
    mailbox.refuse = {}
    await provider.send(MAIL, idempotency_key="2")
    assert len(mailbox.raw) == 1


async def test_greylisting_of_some_does_not_stop_mails_to_others(provider: SmtpMail, mailbox: Mailbox):
    mailbox.refuse = {"rcpt": "450 4.2.1 later"}
    for _ in range(FAILURES + 2):
        await refusal(provider, RateLimited)
    mailbox.refuse = {}
    await provider.send(MAIL, idempotency_key="2")


# --- how it fails


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never silent for long, never done."""
    for _ in range(300):
        writer.write(b"220-still here\r\n")
        await asyncio.sleep(0.1)


async def cut_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return


async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"554 5.3.2 no mail today\r\n")
    await reader.readline()


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.readline()


async def cut_in_data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 here\r\n")
    for answer in (b"250 here", b"250 ok", b"250 ok", b"354 go on"):
        await reader.readline()
        writer.write(answer + b"\r\n")
    await reader.readline()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 here\r\n")
    await reader.readline()
    writer.write(b"250-here\r\n25")


async def endless_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 " + b"x" * 100_000 + b"\r\n")
    await reader.read(1)


@pytest.mark.parametrize(
    ("behave", "says"),
    [
        (silent, "did not answer"),
        (dripping, "did not answer"),
        (cut_at_once, "broke the connection (connect)"),
        (busy, "refuses the connection (554 5.3.2)"),
        (web, "does not speak SMTP"),
        (cut_in_data, "broke the connection (data)"),
        (half_an_answer, "broke the connection"),
        (endless_line, "refuses the connection (500)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_server_that_fails_is_unavailable(connect: Connect, behave: Callable, says: str):
    async with odd(behave) as port:
        begun = time.monotonic()
        assert says in await refusal(connect(port, timeout_s=1), Unavailable)
        assert time.monotonic() - begun < 2


async def test_nobody_there_is_unavailable(connect: Connect):
    assert "can't be reached (Connection refused)" in await refusal(connect(free_port()), Unavailable)
    assert "can't be reached" in await refusal(connect(25, host="mail.invalid"), Unavailable)


async def test_a_server_that_is_down_is_spared_and_comes_back(mailbox: Mailbox, connect: Connect, clock: ManualClock):
    # Given a server that is down for long
    async with server(mailbox) as port:
        provider = connect(port)
    for _ in range(FAILURES):
        await refusal(provider, Unavailable)
    assert not provider.calls.condition.healthy
    assert "not answering at the moment" in await refusal(provider, Unavailable)
    # When it is back and some seconds have gone
    loop = asyncio.get_running_loop()
    from aiosmtpd.smtp import SMTP

    again = await loop.create_server(lambda: SMTP(mailbox, loop=loop), "127.0.0.1", port)
    clock.advance(PROBE_S)
    # Then mails go
    await provider.send(MAIL, idempotency_key="2")
    assert provider.calls.condition.healthy
    again.close()


async def test_who_gives_up_waiting_frees_the_thread(connect: Connect, mailbox: Mailbox):
    async with odd(silent) as port:
        provider = connect(port, timeout_s=30, connections=1)
        begun = time.monotonic()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await provider.send(MAIL, idempotency_key="1")
        assert time.monotonic() - begun < 3
        provider._threads.submit(int).result(timeout=2)


async def test_mails_go_side_by_side(provider: SmtpMail, mailbox: Mailbox):
    await asyncio.gather(*(provider.send(MAIL, idempotency_key=str(number)) for number in range(20)))
    assert len(mailbox.raw) == 20
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 20
