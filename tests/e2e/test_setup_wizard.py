"""The set-up in the browser: from the one-time link over every step to a picture that really goes live."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from aethex_live.models import AuditEntry, Channel, SiteFact, User
from encoders import NewPage, chromium, new_page  # noqa: F401 - fixtures
from needs import need
from sites import PASSWORD, OpenSite

pytestmark = pytest.mark.slow
PICTURES = Path(__file__).parent.parent.parent / "build" / "operator"


async def test_the_whole_set_up_ends_with_a_picture_that_was_seen(
    open_site: OpenSite,
    new_page: NewPage,  # noqa: F811 - the fixture
) -> None:
    need("ffmpeg")
    PICTURES.mkdir(parents=True, exist_ok=True)
    # Given a site without an operator, and its link
    site = await open_site()
    site.platform.db.bind()
    token = await site.platform.domain.setup.new_token()
    page = await new_page()
    # When the account is made
    await page.goto(f"{site.url}setup/{token}")
    await page.fill("#username", "kit")
    await page.fill("#email", "kit@example.org")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Make the operator's account").click()
    # Then the next step is the site's name, which counts at once
    await expect(page).to_have_url(re.compile("/setup/site$"))
    await page.fill("#name", "Radio Kit")
    await page.get_by_role("button", name="Save and go on").click()
    assert site.platform.site.name == "Radio Kit"
    # and a mail goes to the operator, who is told that it is kept here
    await expect(page).to_have_url(re.compile("/setup/mail$"))
    await expect(page.locator("#to")).to_have_value("kit@example.org")
    await page.get_by_role("button", name="Send the test mail").click()
    await expect(page.get_by_text("was not sent: see the page Mails")).to_be_visible()
    await page.get_by_role("button", name="Go on").click()
    # and the picture plays in the page: its video has a size and its clock runs
    await expect(page).to_have_url(re.compile("/setup/picture$"))
    await page.get_by_role("button", name="Show the test picture").click()
    video = page.locator("#picture video")
    await expect(video).to_be_attached(timeout=30_000)
    async with asyncio.timeout(30):
        while await video.evaluate("video => video.currentTime") < 1:
            await asyncio.sleep(0.2)
    assert await video.evaluate("video => video.videoWidth") == 1280
    await page.screenshot(path=PICTURES / "setup-picture-live.png", full_page=True)
    # and nobody else can see it: it is a rehearsal on a channel that stands in no list
    guest = await site.browser()
    channel = await Channel.get(visibility="unlisted")
    assert "<source" not in (await guest.get(f"/{channel.slug}/live")).text
    assert channel.slug not in (await guest.get("/")).text
    # and when it is over the page says so, and the channel is gone
    await expect(page.get_by_text("streaming works")).to_be_visible(timeout=90_000)
    await page.screenshot(path=PICTURES / "setup-picture-worked.png", full_page=True)
    task = site.platform.test_picture._task
    if task is not None:
        await task
    assert not await Channel.exists()
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("button", name="Go on").click()
    # Then the last page says what to do next, in the site's new name
    await expect(page).to_have_url(re.compile("/setup/done$"))
    await expect(page.get_by_role("heading", name="Radio Kit is yours")).to_be_visible()
    assert (await User.get(username="kit")).role == "operator"
    actions = {entry.action for entry in await AuditEntry.all()}
    assert {"site.changed", "provider.tested", "test_picture.begun", "channel.deleted"} <= actions


async def test_the_set_up_can_be_left_skipped_and_taken_up_again_without_script(open_site: OpenSite) -> None:
    # Given an operator who skipped the first step and left
    site = await open_site()
    boss = await site.operator()
    skipped = await boss.submit("/setup/site", go="skip")
    assert skipped.url.endswith("/setup/mail")
    # When they come back
    again = await boss.get("/setup")
    # Then it goes on where it was
    assert again.url.endswith("/setup/mail")
    await boss.submit("/setup/mail", go="skip")
    await boss.submit("/setup/picture", go="skip")
    done = await boss.submit("/setup/features", go="on")
    assert done.url.endswith("/setup/done")
    assert "is yours" in done.text
    assert not await SiteFact.filter(key__startswith="setting.").exists()


async def test_without_an_ffmpeg_the_step_says_so(open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aethex_live._site.test_picture.find_ffmpeg", lambda _site: None)
    site = await open_site()
    boss = await site.operator()
    assert "There is no ffmpeg here" in (await boss.get("/setup/picture")).text
    refused = await boss.submit("/setup/picture", go="begin")
    assert "There is no ffmpeg here" in refused.text


async def test_what_a_test_left_behind_is_removed_later(open_site: OpenSite) -> None:
    # Given a test whose process died in the middle
    site = await open_site()
    boss = await site.operator()
    user = await User.get(username="boss")
    actor_channel = await site.platform.domain.channels.create(user.id, "test-picture-0a0b0c0d", "Test picture")
    await site.platform.test_picture._keep(actor_channel.id, "starting")
    kept = json.loads((await SiteFact.get(key="test_picture")).value)
    kept["at"] = "2020-01-01T00:00:00+00:00"
    await SiteFact.filter(key="test_picture").update(value=json.dumps(kept))
    # When the schedule looks
    await site.platform.test_picture.tidy()
    # Then the channel is gone and the page says what happened
    assert not await Channel.exists()
    assert "cut short" in (await boss.get("/setup/picture")).text
