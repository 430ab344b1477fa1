"""What the outbox keeps, how the operator pages through it, when it goes."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.ids import uuid7
from aethex_live.providers import Invalid as ProviderInvalid
from aethex_live.providers.email import Email
from aethex_live.services.mails import KeptMails
from aethex_plugins.email_outbox.service import Mails, Outbox


def mail(number: int = 0) -> Email:
    return Email(to="ada@example.org", subject=f"Mail {number}", text="Hello.", html="<b>Hello.</b>")


async def keep(outbox: Outbox, count: int) -> None:
    for number in range(count):
        await outbox.send(mail(number), idempotency_key=str(number))
        await asyncio.sleep(0.002)  # ids made in one millisecond have no order


async def test_a_kept_mail_is_read_as_it_was_written(outbox: Outbox, mails: Mails, clock: ManualClock):
    whole = Email(
        to="ada@example.org",
        subject="Grüße",
        text="Hello\nthere.",
        html="<script>alert(1)</script>",
        reply_to="help@example.org",
        headers={"X-Topic": "welcome"},
    )
    kept = await mails.get(UUID(await outbox.send(whole, idempotency_key="1")))
    assert kept is not None
    assert (kept.to, kept.subject, kept.text, kept.html) == (whole.to, whole.subject, whole.text, whole.html)
    assert (kept.reply_to, dict(kept.headers), kept.created_at) == (
        whole.reply_to,
        {"X-Topic": "welcome"},
        clock.now(),
    )


async def test_an_unknown_mail_is_none(mails: Mails):
    assert await mails.get(uuid7()) is None


async def test_what_the_database_cannot_hold_is_left_out(outbox: Outbox, mails: Mails):
    odd = Email(to="ada@example.org", subject="Odd", text="a\0b\ud800c")
    kept = await mails.get(UUID(await outbox.send(odd, idempotency_key="1")))
    assert kept is not None
    assert kept.text == "ab?c"


async def test_pages_run_from_new_to_old(outbox: Outbox, mails: Mails):
    await keep(outbox, 7)
    first = await mails.page(limit=3)
    second = await mails.page(before=first[-1].id, limit=3)
    third = await mails.page(before=second[-1].id, limit=3)
    numbers = [[int(kept.subject.removeprefix("Mail ")) for kept in page] for page in (first, second, third)]
    assert numbers == [[6, 5, 4], [3, 2, 1], [0]]


async def test_a_list_holds_the_beginning_of_the_text_alone(outbox: Outbox, mails: Mails):
    long = Email(to="ada@example.org", subject="Long", text="x" * 100_000, html="<b>x</b>")
    await outbox.send(long, idempotency_key="1")
    [kept] = await mails.page()
    assert (kept.text, kept.html) == ("x" * 200, None)


async def test_an_empty_outbox_is_an_empty_page(mails: Mails):
    assert list(await mails.page()) == []


async def test_the_same_key_at_once_is_one_mail(database: Database, clock: ManualClock):
    outbox = Outbox(clock)
    ids = await asyncio.gather(*(outbox.send(mail(), idempotency_key="once") for _ in range(10)))
    assert len(set(ids)) == 1
    assert len(await Mails(database, clock).page()) == 1


async def test_mails_go_when_their_days_are_over(outbox: Outbox, mails: Mails, clock: ManualClock):
    await outbox.send(mail(1), idempotency_key="old")
    clock.advance(20 * 24 * 3600)
    await outbox.send(mail(2), idempotency_key="young")
    clock.advance(11 * 24 * 3600)
    assert await mails.tidy(timedelta(days=30)) == 1
    assert [kept.subject for kept in await mails.page()] == ["Mail 2"]


@pytest.mark.parametrize(
    "bad",
    [
        Email(to="ada@example.org", subject="x" * 999, text=""),
        Email(to="ada@example.org", subject="a\ud800", text=""),
        Email(to="ada@example.org", subject="Hello", text="x" * 1_000_001),
        Email(to="ada@example.org", subject="Hello", text="", headers={f"X-{n}": "x" * 900 for n in range(10)}),
        Email(to="a" * 250 + "@example.org", subject="Hello", text=""),
    ],
    ids=["long subject", "half a character", "endless text", "many headers", "long address"],
)
async def test_a_mail_without_bounds_is_refused(outbox: Outbox, bad: Email):
    with pytest.raises(ProviderInvalid):
        await outbox.send(bad, idempotency_key="1")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0"])
async def test_a_key_has_bounds(outbox: Outbox, key: str):
    with pytest.raises(ProviderInvalid, match="idempotency key"):
        await outbox.send(mail(), idempotency_key=key)


def test_the_service_is_what_the_operators_page_asks_for(mails: Mails):
    service: KeptMails = mails
    assert service is mails
