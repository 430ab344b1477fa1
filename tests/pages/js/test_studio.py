"""aethex/studio: the key on demand, live health, parts that follow the broadcast, forms that say what they did."""

import re
from dataclasses import dataclass

import pytest
from js_support import Answer, Request, Site, true_soon, until
from playwright.async_api import Page

from aethex_live.web.charts import plot

MODULES = ("shell", "studio")


def secret(content: str, hide_after: float = 30) -> str:
    return f'<ax-secret id="key" data-hide-after="{hide_after}">{content}</ax-secret>'


MASKED = (
    '<form method="post" action="/studio/nova/key"><input type="hidden" name="csrf" value="c1">'
    '<output>••••</output><input type="password" name="password"><button>Show</button></form>'
)
SHOWN = (
    '<input id="stream-key" readonly value="live_abc"><button type="button" data-copy-from="#stream-key">Copy</button>'
    '<button type="button" data-hide>Hide</button>'
)
REFUSED = MASKED + '<p class="ax-field__error">That is not your password.</p>'


async def open_secret(site: Site, page: Page, hide_after: float = 30) -> None:
    async def answer(request: Request) -> Answer:
        right = request.form["password"] == "right" and request.form["csrf"] == "c1"
        body = site.show("/answer", secret(SHOWN if right else REFUSED, hide_after)) and site.pages["/answer"]
        return Answer(200 if right else 403, body.encode())

    site.handlers["POST /studio/nova/key"] = answer
    await page.goto(site.show("/studio/nova", secret(MASKED, hide_after), modules=MODULES))
    await until(page, "!document.querySelector('ax-secret:not(:defined)')")


async def show_key(page: Page, password: str) -> None:
    await page.locator("[name=password]").fill(password)
    await page.get_by_text("Show").click()


async def test_the_key_is_not_in_the_page_until_asked_for_and_leaves_again(site: Site, page: Page) -> None:
    await open_secret(site, page, hide_after=0.8)
    assert "live_abc" not in await page.content()
    await show_key(page, "right")
    await until(page, "document.querySelector('#stream-key')?.value === 'live_abc'")
    assert page.url.endswith("/studio/nova")
    await until(page, "!document.querySelector('#stream-key')")
    assert "live_abc" not in await page.content()
    assert await page.locator("[name=password]").input_value() == ""


async def test_the_key_can_be_hidden_at_once(site: Site, page: Page) -> None:
    await open_secret(site, page)
    await show_key(page, "right")
    await page.get_by_text("Hide").click()
    assert await page.locator("#stream-key").count() == 0


async def test_a_wrong_password_is_said_where_it_was_typed(site: Site, page: Page) -> None:
    await open_secret(site, page)
    await show_key(page, "wrong")
    await until(page, "document.querySelector('.ax-field__error')?.textContent.includes('not your password')")
    await show_key(page, "right")
    await until(page, "!!document.querySelector('#stream-key')")


NUMBER = re.compile(r"[\d.]+")


def numbers(path: str) -> list[float]:
    return [float(found) for found in NUMBER.findall(path)]


@dataclass
class Line:
    values: list[float]
    label: str = "Bitrate"
    area: bool = True


@dataclass
class Chart:
    times: list[str]
    series: list[Line]
    ceiling: float | None = None


VALUES = [
    [0, 0, 0],
    [2400.0, 2500, 2450, 2610, 2380],
    [6100.0, 5990, 6010],
    [900.0, 120, 0, 45, 999],
    [float(value * 7 % 31) for value in range(60)],
]
CHART = (
    '<figure class="ax-chart"><svg viewBox="0 0 560 170"><g class="ax-c1"><path class="ax-chart__area"/>'
    '<path class="ax-chart__line"/></g></svg><table><tbody><tr><th>−8 s</th><td>0</td></tr></tbody></table></figure>'
)
HEALTH = """
<ax-health data-topic="studio:1">
  <span class="ax-pill ax-pill--ok" data-verdict>Excellent</span>
  <ul data-findings hidden><template><li><span data-text></span></li></template></ul>
  <dl id="stat-bitrate"><dd class="ax-stat__value">0 kb/s</dd></dl> %s
</ax-health>"""
STATUS = """<span data-ingest-status data-tone="neutral"
  data-strings='{"idle":"Waiting","connecting":"Connecting","live":"Receiving","reconnecting":"Gone"}'>Waiting</span>"""


@pytest.mark.parametrize("values", VALUES, ids=["silence", "steady", "round", "rough", "long"])
async def test_a_redrawn_chart_is_the_one_that_the_server_draws(site: Site, page: Page, values: list[float]) -> None:
    expected = plot(Chart([str(index) for index in range(len(values))], [Line(values)]))
    await page.goto(site.show("/", HEALTH % CHART, modules=()))
    await page.evaluate(
        "async (values) => (await import('aethex/chart')).draw(document.querySelector('figure'), values, 2)",
        values,
    )
    drawn = await page.evaluate("[...document.querySelectorAll('path')].map((path) => path.getAttribute('d'))")
    marks = await page.evaluate("[...document.querySelectorAll('svg > text')].map((text) => text.textContent)")
    for ours, theirs in zip(drawn, [expected.lines[0].area, expected.lines[0].path], strict=True):
        assert re.sub(NUMBER, "#", ours) == re.sub(NUMBER, "#", theirs)
        assert numbers(ours) == pytest.approx(numbers(theirs), abs=0.11)  # the two round halves differently
    assert marks[: len(expected.up)] == [tick.label for tick in expected.up]
    assert await page.evaluate("document.querySelectorAll('tbody tr').length") == min(12, len(values))
    assert await page.locator("tbody th").first.text_content() == f"−{2 * (len(values) - 1)} s"


def report(**changes: object) -> dict[str, object]:
    finding = {"text": "Keyframe interval 8 s: set 2 s in OBS.", "tone": "warn"}
    facts = [{"id": "bitrate", "label": "Bitrate", "value": "5,990 kb/s"}]
    given = {"verdict": "Poor", "tone": "danger", "state": "Receiving", "state_tone": "ok", "interval": 2.0}
    return given | {"findings": [finding], "facts": facts, "bitrate": [1, 2, 3]} | changes


async def test_health_is_shown_as_it_comes_in(site: Site, page: Page) -> None:
    await page.goto(site.show("/studio/nova", HEALTH % CHART + STATUS, modules=MODULES))
    await true_soon(lambda: site.realtime.subscribers("studio:1"))
    site.realtime.publish("studio:1", "health", report())
    await until(page, "document.querySelector('[data-verdict]').textContent === 'Poor'")
    assert await page.locator("[data-verdict]").get_attribute("class") == "ax-pill ax-pill--danger"
    assert await page.locator("[data-findings] li").all_text_contents() == ["Keyframe interval 8 s: set 2 s in OBS."]
    assert await page.locator("[data-findings] li").get_attribute("data-tone") == "warn"
    assert await page.locator("#stat-bitrate dd").text_content() == "5,990 kb/s"
    assert await page.locator("[data-ingest-status]").text_content() == "Receiving"
    assert await page.locator("[data-ingest-status]").get_attribute("data-tone") == "ok"
    assert await page.locator(".ax-chart__line").get_attribute("d")
    site.realtime.publish("studio:1", "health", report(findings=[]))
    await until(page, "document.querySelector('[data-findings]').hidden")


async def test_a_card_that_has_no_place_for_the_news_is_read_again(site: Site, page: Page) -> None:
    sections = '<ax-live-sections><div id="health" data-fresh-on="broadcast.started">{}</div></ax-live-sections>'
    await page.goto(site.show("/studio/nova", sections.format(HEALTH % ""), modules=MODULES))
    site.show("/studio/nova", sections.format(HEALTH % CHART), modules=MODULES)
    await true_soon(lambda: site.realtime.subscribers("studio:1"))
    site.realtime.publish("studio:1", "health", report())
    await until(page, "!!document.querySelector('.ax-chart')")


async def test_the_connection_follows_the_encoder(site: Site, page: Page) -> None:
    sections = f'<ax-live-sections data-topic="channel:1" data-last="0" data-epoch="e1">{STATUS}</ax-live-sections>'
    await page.goto(site.show("/studio/nova", sections, modules=MODULES))
    shown = "document.querySelector('[data-ingest-status]').textContent"
    for name, text in (
        ("ingest.connected", "Connecting"),
        ("broadcast.started", "Receiving"),
        ("ingest.disconnected", "Gone"),
        ("broadcast.ended", "Waiting"),
    ):
        site.tell("channel:1", name)
        await until(page, f"{shown} === '{text}'")


async def test_parts_of_the_page_follow_the_broadcast_and_others_stay(site: Site, page: Page) -> None:
    sections = (
        '<ax-live-sections data-topic="channel:1" data-last="0" data-epoch="e1">'
        '<section id="state" data-fresh-on="broadcast.started broadcast.ended">{0}</section>'
        '<section id="other" data-fresh-on="recording.ready">{0}</section><p id="still">{0}</p></ax-live-sections>'
    )
    await page.goto(site.show("/studio/nova", sections.format("Before"), modules=MODULES))
    site.show("/studio/nova", sections.format("After"), modules=MODULES)
    site.tell("channel:1", "broadcast.started", broadcast_id="b1")
    await until(page, "document.getElementById('state').textContent === 'After'")
    assert await page.locator("#other").text_content() == "Before"
    assert await page.locator("#still").text_content() == "Before"


DETAILS = """<form id="details" method="post" action="/details" hx-post="/details" hx-select="#details"
  hx-target="#details" hx-swap="outerMorph" data-saved="Details saved">
  <input name="title" value="{title}">{error}<button>Save</button></form>"""


async def test_details_are_saved_in_place_and_a_refusal_keeps_what_was_typed(site: Site, page: Page) -> None:
    async def save(request: Request) -> Answer:
        title = request.form["title"]
        error = "" if title else '<p class="ax-field__error">Give it a title.</p>'
        site.show("/answer", DETAILS.format(title=title, error=error))
        return Answer(422 if error else 200, site.pages["/answer"].encode())

    site.handlers["POST /details"] = save
    await page.goto(site.show("/studio/nova", DETAILS.format(title="Old", error=""), modules=MODULES))
    await until(page, "!!window.htmx && !document.querySelector('ax-secret:not(:defined)')")
    await page.wait_for_timeout(100)
    await page.locator("[name=title]").fill("")
    await page.get_by_text("Save").click()
    await until(page, "document.querySelector('.ax-field__error')?.textContent === 'Give it a title.'")
    assert await page.locator(".ax-toast").count() == 0
    await page.locator("[name=title]").fill("Night patch")
    await page.get_by_text("Save").click()
    await until(page, "document.querySelector('.ax-toast')?.textContent === 'Details saved'")
    assert await page.locator("[name=title]").input_value() == "Night patch"
    assert page.url.endswith("/studio/nova")
