"""The receiver of webhooks on a whole site: raw bytes in, a status out, and nothing revealed to who is not genuine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from aethex_live._web.webhooks import MAX_BODY, REFUSED_A_MINUTE
from aethex_live.events import Recorded
from aethex_live.ids import uuid7
from aethex_live.models import AuditEntry, Broadcast, Channel, Event, Ingest, User, WebhookDelivery, WebhookEvent
from aethex_live.providers.streaming import LiveState, LiveStatus
from aethex_live.testing.fakes.vendor import FakeVendor, body_of, signed, told
from sites import Answer, Browser, LiveSite, OpenSite
from vendors import SECRET, plant

WHERE = "webhooks/streaming/vendor"
LOCAL = 'disable = ["stream_local"]\n[providers]\nstreaming = "vendor"\n'


@pytest_asyncio.fixture
async def site(open_site: OpenSite, tmp_path: Path) -> LiveSite:
    made = await open_site(config_file=plant(tmp_path, [SECRET], more=LOCAL))
    made.platform.db.bind()
    return made


@pytest_asyncio.fixture
async def ingest(site: LiveSite) -> Ingest:
    user = await User.create(id=uuid7(), username="ada", username_key="ada", display_name="Ada")
    channel = await Channel.create(id=uuid7(), owner=user, slug="ada", name="Ada")
    return await Ingest.create(id=uuid7(), channel=channel, provider="vendor", provider_id="in-ada")


def vendor_of(site: LiveSite) -> FakeVendor:
    found = site.platform.providers.streaming("vendor")
    assert found is not None
    vendor: Any = found
    return vendor


def started(number: int = 1) -> dict[str, Any]:
    return told(f"evt-{number}", "broadcast.started", "in-ada", datetime.now(UTC), data={"recording_id": f"r{number}"})


async def send(browser: Browser, body: bytes, where: str = WHERE, **headers: str) -> Answer:
    return await browser.ask("POST", where, data=body, headers=signed(body, SECRET, datetime.now(UTC)) | headers)


async def counted(browser: Browser, outcome: str) -> float:
    """How often the metric of an outcome was counted."""
    lines = (await browser.get("metrics")).text.splitlines()
    found = [line for line in lines if line.startswith("aethex_webhooks_total{") and f'outcome="{outcome}"' in line]
    return sum(float(line.split()[-1]) for line in found)


async def settled(site: LiveSite) -> None:
    await site.platform.jobs.settle()
    await site.platform.dispatcher.settle()


async def test_a_vendor_that_tells_of_a_stream_makes_the_channel_live(site: LiveSite, ingest: Ingest) -> None:
    # Given a plugin that hears what providers tell
    heard: list[Recorded] = []
    notify = site.platform.hooks.notify

    async def listen(spec: Any, **facts: Any) -> None:
        if spec.__name__ == "provider_event":
            heard.append(facts["event"])
        await notify(spec, **facts)

    site.platform.hooks.notify = listen  # type: ignore[method-assign]  # what plugins are told goes past here
    # When the vendor sends, with no cookie, no origin, and a type that nobody expects
    browser = await site.browser()
    answer = await send(browser, body_of([started()]), **{"Content-Type": "text/plain"})
    # Then it is thanked at once and without a word or a cookie
    assert (answer.status, answer.text) == (204, "")
    assert "Set-Cookie" not in answer.headers
    # And the page of the channel says that it is live, and plugins were told
    await settled(site)
    assert (await Broadcast.get()).state == "live"
    live = (await browser.get("api/v1/live")).json()
    assert [row["channel"] for row in live["items"]] == ["ada"]
    assert [(event.payload["told"], event.payload["event_id"]) for event in heard] == [("broadcast.started", "evt-1")]
    assert await counted(browser, "new") == 1


async def test_forms_and_other_sites_may_send_when_they_can_sign(site: LiveSite, ingest: Ingest) -> None:
    """What the guard asks of browsers is not asked of vendors: no token, no origin, no UTF-8."""
    browser = await site.browser()
    for number, kind in enumerate(("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "")):
        more = {"Content-Type": kind, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert (await send(browser, body_of([started(number)]), **more)).status == 204
    assert await WebhookEvent.all().count() == 4


async def test_what_is_not_genuine_is_refused_and_nothing_is_revealed(site: LiveSite) -> None:
    browser = await site.browser()
    body, now = body_of([started()]), datetime.now(UTC)
    refused = {
        "missing": ({}, 401),
        "malformed": ({"Vendor-Signature": "t=yesterday,v1=aa"}, 400),
        "signature": (signed(body, "wrong", now), 401),
        "stale": (signed(body, SECRET, now - timedelta(minutes=6)), 401),
    }
    for reason, (headers, status) in refused.items():
        answer = await browser.ask("POST", WHERE, data=body, headers=headers)
        assert (reason, answer.status, answer.text) == (reason, status, "")
        assert await counted(browser, reason) == 1
    future = signed(body, SECRET, now + timedelta(minutes=6))
    assert (await browser.ask("POST", WHERE, data=body, headers=future)).status == 401
    assert await WebhookDelivery.all().count() == 0


@pytest.mark.parametrize("where", ["webhooks/streaming/nobody", "webhooks/email/outbox", "webhooks/nonsense/vendor"])
async def test_nobody_answers_at_other_addresses(site: LiveSite, where: str) -> None:
    browser = await site.browser()
    assert (await send(browser, body_of([started()]), where)).status == 404
    assert (await browser.get(WHERE)).status == 405
    metrics = (await browser.get("metrics")).text
    assert 'provider="unknown"' in metrics
    assert "nobody" not in metrics


async def test_a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not(site: LiveSite) -> None:
    browser = await site.browser()
    plain = body_of([started()])
    most = plain[:-1] + b" " * (MAX_BODY - len(plain)) + b"}"
    assert len(most) == MAX_BODY
    assert (await send(browser, most)).status == 204
    assert (await send(browser, most + b" ")).status == 413

    async def dribble() -> Any:
        for _ in range(17):
            yield b" " * 65_536

    answer = await browser.ask("POST", WHERE, data=dribble(), headers=signed(b"", SECRET, datetime.now(UTC)))
    assert answer.status == 413


async def test_a_plugin_that_fails_makes_the_vendor_send_again(site: LiveSite) -> None:
    browser = await site.browser()
    answer = await send(browser, b'{"events": ["explode"]}')
    assert (answer.status, answer.text) == (500, "")
    assert (await WebhookDelivery.get()).state == "unreadable"
    assert await counted(browser, "unreadable") == 1


async def test_an_address_that_is_refused_again_and_again_has_to_wait_and_the_genuine_one_has_not(
    site: LiveSite,
) -> None:
    browser = await site.browser()
    for _ in range(REFUSED_A_MINUTE):
        assert (await browser.ask("POST", WHERE, data=b"{}")).status == 401
    answer = await browser.ask("POST", WHERE, data=b"{}")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await send(browser, body_of([started()]))).status == 204


async def test_a_hundred_copies_at_once_are_one_event(site: LiveSite, ingest: Ingest) -> None:
    browser, body = await site.browser(), body_of([started()])
    answers = await asyncio.gather(*(send(browser, body) for _ in range(100)))
    assert {answer.status for answer in answers} == {204}
    await settled(site)
    assert await WebhookEvent.all().count() == await Broadcast.all().count() == 1
    assert await Event.filter(type="provider.told").count() == 1


async def test_operators_read_what_was_told_and_have_it_handled_again(site: LiveSite, ingest: Ingest) -> None:
    # Given one event that was handled, and a request that nobody can read
    boss = await site.operator()
    await send(boss, body_of([started()]))
    await send(boss, b'{"events": ["explode"]}')
    await settled(site)
    # When an operator looks
    page = await boss.get("admin/webhooks")
    assert "broadcast.started" in page.text
    assert f"{site.platform.site.url}/webhooks/streaming/vendor" in page.text
    assert "could not be read" in page.text
    event = await WebhookEvent.get()
    one = await boss.get(f"admin/webhooks/{event.id}")
    assert "evt-1" in one.text
    assert "The broadcast has begun." in one.text
    assert "vendor-signature" in one.text
    assert "evt-1" not in (await boss.get("admin/webhooks?state=dead")).text
    # And has it handled again, and the other one read again, which still fails
    said = await boss.submit(f"admin/webhooks/{event.id}", act="replay")
    assert "handled again" in said.text
    await settled(site)
    assert (await WebhookEvent.get()).runs == 2
    row = await WebhookDelivery.get(state="unreadable")
    assert (await boss.submit(f"admin/webhooks/{row.id}", page="admin/webhooks", act="read")).status == 409
    assert (await boss.submit(f"admin/webhooks/{event.id}", act="nonsense")).status == 422
    assert "could not be read by their plugins" in (await boss.get("admin")).text


async def test_the_page_of_providers_says_how_each_one_is(site: LiveSite, ingest: Ingest) -> None:
    boss = await site.operator()
    page = (await boss.get("admin/providers")).text
    assert "vendor answers, as far as it was asked." in page
    assert "/webhooks/streaming/vendor" in page
    assert "auth_local" in page or "local works on this machine." in page
    await break_vendor(site)
    page = (await boss.get("admin/providers")).text
    assert "vendor has not answered since" in page
    assert "it is asked again in 10 s." in page
    assert "vendor has not answered since" in (await boss.get("admin")).text


async def break_vendor(site: LiveSite) -> None:
    """Five calls that fail, after which the vendor is spared."""
    from aethex_live.providers import Unavailable

    async def fail() -> None:
        raise Unavailable("no answer", provider="vendor", operation="any")

    for _ in range(5):
        with pytest.raises(Unavailable):
            await vendor_of(site).calls.run("any", fail, repeatable=False)


async def test_the_studio_says_that_the_vendor_does_not_answer(site: LiveSite) -> None:
    owner = await site.creator("nova_owner", "nova")
    assert "does not work at the moment" not in (await owner.get("studio/nova")).text
    await break_vendor(site)
    page = await owner.get("studio/nova")
    assert page.status == 200
    assert "Some of this does not work at the moment." in page.text
    assert "vendor has not answered since" in page.text


async def test_a_stream_that_ended_unheard_is_corrected_when_the_vendor_is_asked(
    site: LiveSite, ingest: Ingest
) -> None:
    browser = await site.browser()
    await send(browser, body_of([started()]))
    await settled(site)
    vendor_of(site).states["in-ada"] = LiveState(status=LiveStatus.IDLE)
    done = await site.platform.domain.reconciliation.run()
    assert (done.asked, done.corrected, done.silent) == (1, 1, 0)
    assert (await Broadcast.get()).state == "ended"
    await settled(site)
    assert (await browser.get("api/v1/live")).json()["items"] == []


async def test_operators_see_that_an_address_gets_no_mails_and_have_it_tried_again(site: LiveSite) -> None:
    # Given somebody whose mails came back
    boss = await site.operator()
    await site.member("mallory")
    await User.filter(username="mallory").update(email="mallory@example.org", email_key="mallory@example.org")
    assert "came back" not in (await boss.get("admin/people/mallory")).text
    await site.platform.domain.mail_stops.stop("Mallory@example.org", "bounced", "post")
    assert "Mails to this address came back on" in (await boss.get("admin/people/mallory")).text
    # When an operator has them sent again
    said = await boss.submit("admin/people/mallory", act="mail-again")
    # Then the address is free, and the audit says who did that
    assert "mallory gets mails again." in said.text
    assert not await site.platform.domain.mail_stops.stops("mallory@example.org")
    assert await AuditEntry.filter(action="mails.allowed").count() == 1
