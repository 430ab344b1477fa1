"""aethex/shell: theme, keys, dialogs, copying, times and counts on every page."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from js_support import Answer, Request, Site, true_soon, until
from playwright.async_api import Page

CONFIRM = (
    '<dialog id="ax-confirm"><p data-text></p><form method="dialog"><button value="no">Cancel</button>'
    '<button value="yes">Yes</button></form></dialog>'
)
THEME = (
    '<form method="post" action="/preferences/theme" data-theme-form><input type="hidden" name="csrf" value="c1">'
    '<button name="theme" value="light">Light</button><button name="theme" value="dark">Dark</button></form>'
)


async def open_page(site: Site, page: Page, body: str, attributes: str = "") -> None:
    await page.goto(site.show("/", body, attributes=attributes))
    await until(page, "!!customElements.get('ax-live-count')")


async def test_the_theme_changes_at_once_and_the_server_is_told(site: Site, page: Page) -> None:
    async def saved(request: Request) -> Answer:
        return Answer(303, b"", headers={"location": "/"})

    site.handlers["POST /preferences/theme"] = saved
    await open_page(site, page, THEME, ' data-theme="dark"')
    await page.get_by_text("Light").click()
    assert await page.evaluate("document.documentElement.dataset.theme") == "light"
    await true_soon(lambda: any(request.method == "POST" for request in site.requests))
    assert site.requests[-1].form == {"csrf": "c1", "theme": "light"}


@pytest.mark.parametrize("keys", [["g", "x"], ["/"]])
async def test_keys_press_what_names_them(site: Site, page: Page, keys: list[str]) -> None:
    shortcut = " ".join(keys)
    await open_page(site, page, f'<a href="#there" data-shortcut="{shortcut}">There</a>')
    for key in keys:
        await page.keyboard.press(key)
    await until(page, "location.hash === '#there'")


async def test_g_h_leads_home_also_without_a_link(site: Site, page: Page) -> None:
    site.show("/", "<h1>Home</h1>")
    await page.goto(site.show("/deep", ""))
    await until(page, "!!customElements.get('ax-live-count')")
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await page.wait_for_url(site.url + "/")


async def test_keys_are_letters_in_a_field_and_nothing_where_they_are_switched_off(site: Site, page: Page) -> None:
    link = '<a href="#there" data-shortcut="g x">There</a><input id="name">'
    await open_page(site, page, link)
    await page.locator("#name").press_sequentially("g x")
    assert await page.locator("#name").input_value() == "g x"
    await page.evaluate("document.activeElement.blur(); document.documentElement.dataset.shortcuts = 'off'")
    await page.keyboard.press("g")
    await page.keyboard.press("x")
    assert await page.evaluate("location.hash") == ""


async def test_a_question_mark_opens_the_list_of_keys_and_escape_closes_it(site: Site, page: Page) -> None:
    body = (
        '<button data-shortcut="?" data-dialog="keys">Keys</button>'
        '<dialog id="keys">g h<button data-close>Close</button></dialog>'
    )
    await open_page(site, page, body)
    await page.keyboard.press("?")
    assert await page.evaluate("document.getElementById('keys').matches(':modal')")
    await page.keyboard.press("Escape")
    assert not await page.evaluate("document.getElementById('keys').open")
    await page.keyboard.press("?")
    await page.get_by_text("Close").click()
    assert not await page.evaluate("document.getElementById('keys').open")


async def test_the_list_of_keys_may_be_a_popover_whose_button_nobody_sees(site: Site, page: Page) -> None:
    body = '<button data-shortcut="?" popovertarget="keys" hidden>Keys</button><dialog id="keys" popover>g h</dialog>'
    await open_page(site, page, body)
    await page.keyboard.press("?")
    await until(page, "document.getElementById('keys').matches(':popover-open')")


@pytest.mark.parametrize(("choice", "posts"), [("Yes", 1), ("Cancel", 0)])
async def test_a_destructive_act_asks_first(site: Site, page: Page, choice: str, posts: int) -> None:
    async def deleted(request: Request) -> Answer:
        return Answer(200, b"<p>Deleted</p>")

    site.handlers["POST /delete"] = deleted
    button = '<button name="sure" value="1">Delete</button>'
    form = f'<form method="post" action="/delete" data-confirm="Delete Night patch?">{button}</form>'
    await open_page(site, page, form + CONFIRM)
    await page.get_by_text("Delete", exact=True).click()
    assert await page.locator("[data-text]").text_content() == "Delete Night patch?"
    await page.get_by_role("button", name=choice).click()
    if posts:
        await page.wait_for_url(site.url + "/delete")
        assert site.requests[-1].form == {"sure": "1"} or site.requests[-2].form == {"sure": "1"}
    else:
        assert not [request for request in site.requests if request.method == "POST"]


async def test_copying_says_so_in_a_toast(site: Site, page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    body = (
        '<input id="server" value="rtmp://here/live">'
        '<button data-copy-from="#server" data-copied="Server copied">Copy</button>'
    )
    toasts = (
        '<div id="ax-toasts" role="status"><template><div class="ax-toast"><span data-text></span>'
        "<button data-close>x</button></div></template></div>"
    )
    await open_page(site, page, body + toasts)
    await page.get_by_text("Copy").click()
    await until(page, "document.querySelector('.ax-toast [data-text]')?.textContent === 'Server copied'")
    assert await page.evaluate("navigator.clipboard.readText()") == "rtmp://here/live"
    await page.locator(".ax-toast [data-close]").click()
    assert await page.locator(".ax-toast").count() == 0


async def test_a_toast_leaves_by_itself_but_not_under_the_pointer(site: Site, page: Page) -> None:
    await open_page(site, page, "")
    show = "async (text) => { const { toast } = await import('aethex/toast'); toast(text, { shown: 1500 }); }"
    await page.evaluate(show, "First")
    await until(page, "!document.querySelector('.ax-toast')")
    await page.evaluate(show, "Second")
    await page.locator(".ax-toast").hover()
    await page.wait_for_timeout(1800)
    assert await page.locator(".ax-toast").count() == 1
    await page.mouse.move(500, 500)
    await until(page, "!document.querySelector('.ax-toast')")


async def test_times_stay_fresh(site: Site, page: Page) -> None:
    now = datetime.now(UTC)
    ago, start = (now - timedelta(minutes=3)).isoformat(), (now - timedelta(seconds=6129)).isoformat()
    old = (now - timedelta(days=30)).isoformat()
    body = (
        f'<time id="a" datetime="{ago}" data-ago>old text</time><time id="b" datetime="{start}" data-uptime></time>'
        f'<time id="c" datetime="{old}" data-ago></time><time id="d" datetime="{ago}">as it is</time>'
        f'<time id="e" datetime="{now.isoformat()}" data-ago>just now</time>'
    )
    await open_page(site, page, body)
    texts = await page.evaluate("[...document.querySelectorAll('time')].map((element) => element.textContent)")
    assert texts[0] == "3 minutes ago"
    assert texts[1].startswith("1:42:")
    assert str((now - timedelta(days=30)).year) in texts[2]
    assert texts[3:] == ["as it is", "just now"]
    await until(page, f"document.getElementById('b').textContent !== {json.dumps(texts[1])}")


async def test_counts_follow_their_topic_only_while_they_are_seen(site: Site, page: Page) -> None:
    body = (
        '<ax-live-count id="seen" data-topic="viewers:1">1</ax-live-count>'
        '<ax-live-count id="short" data-topic="viewers:1" data-compact data-text="{n} watching">1</ax-live-count>'
        '<div style="height:4000px"></div>'
        '<ax-live-count id="below" data-topic="viewers:2">7</ax-live-count>'
    )
    await open_page(site, page, body)
    await true_soon(lambda: site.realtime.subscribers("viewers:1"))
    assert site.realtime.subscribers("viewers:2") == 0
    site.realtime.publish("viewers:1", "count", {"n": 4812})
    await until(page, "document.getElementById('seen').textContent === '4,812'")
    assert await page.locator("#short").text_content() == "4.8K watching"
    await page.locator("#below").scroll_into_view_if_needed()
    await true_soon(lambda: site.realtime.subscribers("viewers:2"))
    await true_soon(lambda: not site.realtime.subscribers("viewers:1"))


async def test_a_page_without_counts_opens_no_connection(site: Site, page: Page) -> None:
    await open_page(site, page, "<p>Nothing live here</p>")
    await page.wait_for_timeout(300)
    assert site.realtime.connections() == 0
    assert not [request for request in site.requests if "socket" in request.path or "live" in request.path]
