"""The operator's pages in Chromium, with real rows behind them: readable by all, and within the screen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page

from aethex_live.ids import uuid7
from aethex_live.models import Channel, EventDeadLetter, Outbox, WebhookDelivery, WebhookEvent
from encoders import NewPage, chromium, new_page  # noqa: F401 - fixtures
from page_audit import ALL, AUDIT, ENGINE, OVERFLOW
from sites import PASSWORD, LiveSite, OpenSite

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "build" / "operator"
TOLD = UUID("01940000-0000-7000-8000-000000000001")
PAGES = {
    "status": "/admin",
    "plugins": "/admin/plugins",
    "plugin": "/admin/plugins/chat",
    "plugin-off": "/admin/plugins/chat/off",
    "providers": "/admin/providers",
    "people": "/admin/people",
    "people-none": "/admin/people?q=nobody-has-this",
    "person": "/admin/people/mallory",
    "person-banned": "/admin/people/gone_one",
    "channels": "/admin/channels",
    "jobs": "/admin/jobs",
    "webhooks": "/admin/webhooks",
    "webhook": f"/admin/webhooks/{TOLD}",
    "webhooks-none": "/admin/webhooks?state=stale",
    "audit": "/admin/audit",
    "audit-wrong": "/admin/audit?since=yesterday",
    "settings": "/admin/settings",
    "mails": "/admin/mails",
    "setup-site": "/setup/site",
    "setup-mail": "/setup/mail",
    "setup-picture": "/setup/picture",
    "setup-features": "/setup/features",
    "setup-done": "/setup/done",
}


async def lived_in(site: LiveSite) -> None:
    """People, channels, a ban, a dead job, an event that nobody could handle."""
    await site.creator("nova_wire", "nova-wire")
    await site.creator("haldor", "haldor")
    await site.member("mallory")
    await site.member("gone_one")
    boss = await site.operator("kit")
    await boss.submit("/admin/people/gone_one", act="ban", reason="Sold followers in every chat.")
    await boss.submit(
        "/admin/channels/haldor", page="/admin/channels", act="unlist", reason="Its title names somebody."
    )
    await (await site.creator("leif", "leif")).api("DELETE", "/channels/leif", {"typed": "leif"})
    await boss.submit("/admin/providers/email/test", page="/admin/providers", to="kit@example.org")
    site.platform.db.bind()
    now = site.platform.clock.now()
    await Outbox.create(
        id=uuid7(),
        plugin="core",
        topic="core.delete_media",
        state="dead",
        attempts=8,
        last_error="OSError: [Errno 30] Read-only file system: '/srv/live/media/vod/0194c1'",
    )
    await Outbox.create(
        id=uuid7(), plugin="core", topic="core.delete_ingest", state="new", available_at=now + timedelta(hours=1)
    )
    await EventDeadLetter.create(
        id=uuid7(), consumer="core.pages", event_id=uuid7(), position=1, error="KeyError: 'title'", attempts=3
    )
    kept = await WebhookDelivery.create(
        kind="payments",
        provider="sandbox",
        digest="a" * 64,
        headers={
            "sandbox-signature": "t=1764000000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"
        },
        body=b'{"id":"evt_01","type":"payment.completed","data":{"amount":500,"currency":"eur"}}',
        received_at=now,
    )
    await WebhookDelivery.create(
        kind="streaming",
        provider="mux",
        digest="b" * 64,
        state="unreadable",
        error="KeyError: 'playback_ids'",
        body=b"{}",
        received_at=now,
        times=3,
    )
    job = await Outbox.create(
        id=uuid7(), plugin="core", topic="core.webhook", state="dead", attempts=8, last_error="OSError: disk full"
    )
    told = {"kind": "payments", "provider": "sandbox", "type": "payment.completed", "subject": "pay_0194c1"}
    times = {"occurred_at": now, "received_at": now}
    await WebhookEvent.create(
        id=TOLD, event_id="evt_01", data={"amount": 500}, delivery_id=kept.id, job_id=job.id, **told, **times
    )
    await WebhookEvent.create(
        event_id="evt_02", state="done", note="Plugins were told.", handled_at=now, **told, **times
    )
    assert await Channel.all().count() == 3


async def signed_in(site: LiveSite, page: Page) -> None:
    await page.goto(f"{site.url}sign-in")
    await page.fill("#username", "kit")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url(site.url)


@pytest.fixture
async def lived(open_site: OpenSite) -> LiveSite:
    site = await open_site()
    await lived_in(site)
    return site


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_every_page_is_readable_by_all_and_fits_the_screen(
    lived: LiveSite,
    new_page: NewPage,  # noqa: F811 - the fixture
    theme: str,
) -> None:
    engine = ENGINE.read_text("utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = await new_page(scheme=theme)
    await signed_in(lived, page)
    wrong: list[str] = []
    for name, address in PAGES.items():
        answer = await page.goto(lived.url + address.lstrip("/"), wait_until="load")
        assert answer is not None
        assert answer.status == 200, address
        await page.evaluate(engine)
        await page.evaluate("document.querySelectorAll('main details').forEach(more => { more.open = true; })")
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 900})
            wrong += [f"{name} {width}: {found}" for found in await page.evaluate(AUDIT, ALL)]
            wrong += [f"{name} {width} is too wide: {found}" for found in await page.evaluate(OVERFLOW)]
            await page.screenshot(path=PICTURES / f"{name}-{width}-{theme}.png", full_page=True)
    assert wrong == []
