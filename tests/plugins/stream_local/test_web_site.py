"""Going live from the browser on a whole site: the page, who gets a ticket, what a ticket is good for, who may open."""

import json
from datetime import timedelta
from urllib.parse import urljoin

import aiohttp
import pytest
from web_kit import frames, goodbye, hello

from aethex_live.actor import Actor
from aethex_live.clock import SystemClock
from aethex_live.models import AuditEntry, Channel, ChannelModerator, User
from sites import Browser, LiveSite, OpenSite

TICKET = "/channels/nova/browser-live"


class Shifted(SystemClock):
    """The real clock, moved on by what a test says."""

    def __init__(self):
        self.by = timedelta()

    def now(self):
        return super().now() + self.by


async def ticket(browser: Browser, address: str = TICKET) -> str:
    answer = await browser.api("POST", address, {})
    assert answer.status == 201, answer.text
    return answer.json()["ticket"]


def socket(browser: Browser, origin: str | None = ""):
    headers = {"Origin": origin or browser.base.rstrip("/")} if origin is not None else {}
    return browser.session.ws_connect(urljoin(browser.base, "/ingest/web"), headers=headers)


async def first_words(browser: Browser, token: str) -> dict:
    """What the server says to a hello with this ticket."""
    async with socket(browser) as line:
        await line.send_str(hello(token))
        return json.loads((await line.receive(timeout=10)).data)


@pytest.fixture(scope="module")
async def owner(site: LiveSite) -> Browser:
    return await site.creator("nova_owner", "nova")


async def test_the_page_alone_may_use_camera_microphone_and_screen(site: LiveSite, owner: Browser) -> None:
    page = await owner.get("/p/stream_local/nova/go-live")
    assert page.status == 200
    assert "camera=(self), microphone=(self), display-capture=(self)" in page.headers["Permissions-Policy"]
    studio = await owner.get("/studio/nova")
    assert "camera=(), microphone=(), display-capture=()" in studio.headers["Permissions-Policy"]
    # and the studio leads there, as long as nothing is live
    assert studio.text.count("/p/stream_local/nova/go-live") == 2


async def test_a_ticket_lets_its_owner_go_live_once(site: LiveSite, owner: Browser) -> None:
    token = await ticket(owner)
    async with socket(owner) as line:
        await line.send_str(hello(token))
        assert json.loads((await line.receive(timeout=10)).data)["type"] == "ready"
        for message in frames(3):
            await line.send_bytes(message)
        for _ in range(100):
            if (await owner.get("/api/v1/live")).json()["items"]:
                break
        else:
            pytest.fail("it is not listed as live")
        # the same ticket again is refused, and disturbs nobody
        again = await first_words(owner, token)
        assert (again["type"], "used already" in again["detail"]) == ("refused", True)
        await line.send_str(goodbye())
    site.platform.db.bind()
    assert await AuditEntry.filter(action="stream.from_browser").count() == 1


async def test_a_ticket_is_worthless_for_every_other_session(site: LiveSite, owner: Browser) -> None:
    token = await ticket(owner)
    stranger = await site.creator("other_owner", "another")
    for browser in (stranger, await site.browser()):
        said = await first_words(browser, token)
        assert (said["type"], "another session" in said["detail"]) == ("refused", True)
    # the owner's second session is another session too
    elsewhere = await site.browser()
    await elsewhere.submit("/sign-in", username="nova_owner", password="correct horse 9 battery")
    assert (await first_words(elsewhere, token))["type"] == "refused"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_pages_of_other_sites_can_t_open_the_socket(site: LiveSite, owner: Browser, origin: str | None) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await socket(owner, origin)
    assert refused.value.status == 403


async def test_only_who_may_stream_gets_a_ticket(site: LiveSite, owner: Browser) -> None:
    guest, member = await site.browser(), await site.member("just_a_member")
    assert (await guest.api("POST", TICKET, {})).status == 401
    assert (await member.api("POST", TICKET, {})).status == 403
    assert (await member.get("/p/stream_local/nova/go-live")).status == 403


async def test_a_moderator_goes_live_with_the_right_to_stream_alone(site: LiveSite, owner: Browser) -> None:
    await site.member("helping_hand")
    site.platform.db.bind()
    channel = await Channel.get(slug="nova")
    user = await User.get(username="helping_hand")
    row = await ChannelModerator.create(channel=channel, user=user, rights=["chat"])
    tickets = site.platform.plugins.roster.entries["stream_local"].plugin._browser.tickets
    actor = Actor(user_id=user.id, session_id=user.id, username=user.username)
    assert not await tickets.may(channel, actor)
    await ChannelModerator.filter(id=row.id).update(rights=["chat", "stream.start"])
    assert await tickets.may(channel, actor)


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 200])
async def test_what_is_no_ticket_is_refused(site: LiveSite, owner: Browser, token: str) -> None:
    assert (await first_words(owner, token))["type"] == "refused"


async def test_an_expired_ticket_is_refused(open_site: OpenSite) -> None:
    clock = Shifted()
    site = await open_site(clock=clock)
    owner = await site.creator("nova_owner", "nova")
    token = await ticket(owner)
    clock.by = timedelta(seconds=61)
    said = await first_words(owner, token)
    assert (said["type"], "too old" in said["detail"]) == ("refused", True)


async def test_where_it_is_switched_off_there_is_neither_page_nor_socket(open_site: OpenSite) -> None:
    site = await open_site(plugins={"stream_local": {"browser": False}})
    owner = await site.creator("nova_owner", "nova")
    assert (await owner.api("POST", TICKET, {})).status == 409
    assert (await owner.get("/p/stream_local/nova/go-live")).status == 409
    assert "/nova/go-live" not in (await owner.get("/studio/nova")).text
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await socket(owner)


async def test_the_studio_speaks_of_the_browser_where_creators_can_go_live_from_one(
    site: LiveSite, open_site: OpenSite
) -> None:
    # a channel of its own: the others' may still be live
    owner = await site.creator("quiet_owner", "nova-quiet")
    without = await open_site(plugins={"stream_local": {"browser": False}})
    other = await without.creator("nova_owner", "nova")
    for studio, slug, offered in ((owner, "nova-quiet", True), (other, "nova", False)):
        page = (await studio.get(f"/studio/{slug}")).text
        assert ("or go live from the browser" in page) is offered
        assert "Start streaming in OBS" in page


async def test_a_signed_out_session_can_t_use_its_ticket(site: LiveSite, owner: Browser) -> None:
    other = await site.browser()
    await other.submit("/sign-in", username="nova_owner", password="correct horse 9 battery")
    token = await ticket(other)
    await other.api("DELETE", "/session")
    assert (await first_words(other, token))["type"] == "refused"
