"""The viewer's own chat in Chromium: blocks, pauses, what is said to me, choices, removed messages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from chat_windows import Theatre, Window
from playwright.async_api import expect
from test_room import fake_line
from test_room_modes import findings

from aethex_live.clock import SystemClock

pytestmark = pytest.mark.slow

TONES = """
const real = window.AudioContext;
window.AudioContext = class extends real {
  createOscillator() {
    const { dataset } = document.documentElement;
    dataset.tones = Number(dataset.tones ?? 0) + 1;
    return super.createOscillator();
  }
};
"""


async def name(theatre: Theatre, who: str) -> str:
    return f"{who}_{theatre.slug[4:]}"


async def choose(window: Window, **choices: str) -> None:
    """Choose in the dialog of the chat's options."""
    await window.page.get_by_role("link", name="Chat options").click()
    for field, value in choices.items():
        await window.page.locator(f"dialog[open] select[name={field}]").select_option(value)
    await window.page.locator("dialog[open]").get_by_role("button", name="Save").click()
    await expect(window.page.locator("dialog[open]")).to_have_count(0)


async def card(window: Window, text: str) -> Any:
    """Open the card of who wrote a line; the dialog."""
    await window.lines.filter(has_text=text).locator(".ax-msg__name").click()
    dialog = window.page.locator("dialog[open]")
    await expect(dialog.locator(".ax-usercard")).to_be_visible()
    return dialog


async def fake(theatre: Theatre, **more: Any) -> None:
    """A line as the topic carries it, said just now."""
    topic = await theatre.heard()
    line = fake_line(1, SystemClock().now().isoformat()) | more
    theatre.site.platform.realtime.publish(topic, "line", line)


# --- blocks


async def test_what_a_blocked_person_writes_is_not_shown_live_nor_after_a_reload(theatre: Theatre) -> None:
    viewer, second = await theatre.open("viewer"), await theatre.open("viewer")
    other = await theatre.open("other")
    await other.send("buy my things")
    await viewer.sees("buy my things")
    # When I block them on their card
    await (await card(viewer, "buy my things")).get_by_role("button", name=re.compile("^Block ")).click()
    # Then their lines collapse, on my other pages, too
    for window in (viewer, second):
        await expect(window.lines.filter(has_text="buy my things")).to_be_hidden()
    # and what they write now is not there, not even when it names me
    await other.send(f"hey @{await name(theatre, 'viewer')}")
    await other.sees("hey @")
    await other.send("last")
    owner = await theatre.open("owner")
    await owner.send("the end")
    await viewer.sees("the end")
    await viewer.sees("hey @", times=0)
    await viewer.page.reload()
    await viewer.ready()
    await viewer.sees("the end")
    await viewer.sees("buy my things", times=0)
    # while they themselves see nothing of it
    await other.page.reload()
    await other.ready()
    await other.sees("buy my things")


async def test_the_answer_to_a_blocked_person_shows_nothing_of_theirs(theatre: Theatre) -> None:
    viewer, other, owner = await theatre.open("viewer"), await theatre.open("other"), await theatre.open("owner")
    await other.send("secret recipe")
    await viewer.sees("secret recipe")
    await (await card(viewer, "secret recipe")).get_by_role("button", name=re.compile("^Block ")).click()
    await expect(viewer.lines.filter(has_text="secret recipe")).to_be_hidden()
    await owner.lines.filter(has_text="secret recipe").hover()
    await owner.page.get_by_role("button", name="Reply").click()
    await owner.send("what is in it?")
    for _ in range(2):  # live, and as the server renders it
        await expect(viewer.lines.filter(has_text="what is in it?")).to_contain_text("Somebody you blocked")
        await expect(viewer.lines.filter(has_text="what is in it?")).not_to_contain_text("recipe")
        await viewer.page.reload()
        await viewer.ready()


async def test_the_list_in_the_settings_works_without_javascript(theatre: Theatre) -> None:
    other = await theatre.open("other")
    await other.send("noise")
    viewer = await theatre.open("viewer", java_script_enabled=False)
    await viewer.sees("noise")
    # Given the page of the settings
    await viewer.page.goto(f"{theatre.site.url}p/chat/my/blocks")
    await viewer.page.get_by_label("User name").fill(f"@{await name(theatre, 'other')}")
    await viewer.page.get_by_role("button", name="Block", exact=True).click()
    await expect(viewer.page.locator("li").filter(has_text=await name(theatre, "other"))).to_be_visible()
    await viewer.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}")
    await viewer.sees("noise", times=0)
    # When they are unblocked, Then they are there again
    await viewer.page.goto(f"{theatre.site.url}p/chat/my/blocks")
    await viewer.page.get_by_role("button", name=re.compile("Unblock")).click()
    await expect(viewer.page.get_by_text("You have blocked nobody")).to_be_visible()
    await viewer.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}")
    await viewer.sees("noise")


# --- pauses


async def test_holding_the_key_pauses_and_letting_go_follows(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    for number in range(40):
        await fake(theatre, id=f"0199aaaa-0000-7000-8000-{number:012}", text=f"filler {number}", role="owner")
    await viewer.sees("filler 39")
    log = viewer.page.locator(".ax-chat__log")
    at_end = "(box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5"
    # When the key is down, what comes waits below, and it is said
    await viewer.page.keyboard.down("Alt")
    await expect(viewer.page.locator("[data-hint]")).to_have_text("Chat is paused while you hold the key.")
    for number in range(8):
        await fake(theatre, id=f"0199bbbb-0000-7000-8000-{number:012}", text=f"later {number}", role="owner")
    await viewer.sees("later 7")
    await expect(viewer.page.locator(".ax-chat__jump")).to_have_text("8 new messages")
    assert not await log.evaluate(at_end)
    # When it is let go, Then the log follows
    await viewer.page.keyboard.up("Alt")
    await expect(viewer.page.locator(".ax-chat__jump")).to_be_hidden()
    await expect(viewer.page.locator("[data-hint]")).to_have_text("")
    assert await log.evaluate(at_end)


async def test_pointing_pauses_unless_that_is_turned_off(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    await choose(viewer, pause="off")
    for number in range(40):
        await fake(theatre, id=f"0199cccc-0000-7000-8000-{number:012}", text=f"filler {number}", role="owner")
    await viewer.sees("filler 39")
    await viewer.page.locator(".ax-chat__log").hover()
    await fake(theatre, text="later", role="owner")
    await viewer.sees("later")
    await expect(viewer.page.locator(".ax-chat__jump")).to_be_hidden()
    assert await viewer.page.locator(".ax-chat__log").evaluate(
        "(box) => box.scrollHeight - box.scrollTop - box.clientHeight < 5"
    )


# --- what is said to me


async def test_what_is_said_to_me_is_marked_by_a_sign_and_read_first(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    me = await name(theatre, "viewer")
    aloud = viewer.page.locator("[data-read-out]")
    await fake(theatre, text=f"hello @{me}", mentions=[me])
    marked = viewer.lines.filter(has_text="hello @")
    await expect(marked.get_by_role("img", name="To you")).to_be_visible()
    assert await marked.evaluate("(line) => getComputedStyle(line).borderInlineStartWidth") == "3px"
    await expect(aloud).to_have_text(f"Fan 1 to you: hello @{me}")
    # others are read only when that was chosen, and summed up when they are many
    await choose(viewer, aloud="all")
    for number in range(6):
        await fake(theatre, text=f"busy {number}")
    await fake(theatre, text=f"and @{me}", mentions=[me])
    await expect(aloud).to_have_text(
        re.compile(rf"Fan 1 to you: and @{me} \d new messages; the last from Fan 1: busy 5"), timeout=8000
    )
    await choose(viewer, aloud="off")
    await fake(theatre, text=f"psst @{me}", mentions=[me])
    await viewer.sees("psst")
    await expect(aloud).not_to_contain_text("psst")


async def test_a_tone_sounds_for_mentions_only_when_chosen(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    tones = viewer.page.locator("html")
    await viewer.page.add_init_script(TONES)
    await viewer.page.reload()
    await viewer.ready()
    me = await name(theatre, "viewer")
    await fake(theatre, text=f"one @{me}", mentions=[me])
    await viewer.sees("one @")
    await expect(tones).not_to_have_attribute("data-tones", re.compile("."))
    # chosen, it sounds at once so that one knows it
    await choose(viewer, sound="on")
    await expect(tones).to_have_attribute("data-tones", "2")
    await viewer.page.wait_for_timeout(2100)  # what is tested is that tones keep a distance of two seconds
    await fake(theatre, text="nobody's")
    await fake(theatre, text=f"two @{me}", mentions=[me])
    await fake(theatre, text=f"three @{me}", mentions=[me])
    await expect(tones).to_have_attribute("data-tones", "4")
    await viewer.sees("three @")
    await expect(tones).to_have_attribute("data-tones", "4")
    # old ones are silent
    await fake(theatre, text=f"old @{me}", mentions=[me], at="2026-01-01T00:00:00+00:00")
    await viewer.sees("old @")
    await expect(tones).to_have_attribute("data-tones", "4")


# --- choices


async def test_choices_are_kept_with_the_account_and_hold_on_all_its_pages(theatre: Theatre) -> None:
    viewer, second = await theatre.open("viewer"), await theatre.open("viewer", path=f"/{theatre.slug}/live")
    await viewer.send("what time is it?")
    line = viewer.lines.filter(has_text="what time")
    await expect(line).to_have_attribute("data-id", re.compile("."))  # the line that was sent, not the one that waited
    await expect(line.locator("time")).to_be_hidden()
    before = await line.evaluate("(line) => parseFloat(getComputedStyle(line).fontSize)")
    await choose(viewer, times="12", size="largest", density="compact", names="plain")
    for window in (viewer, second):
        told = window.lines.filter(has_text="what time").locator("time")
        await expect(told).to_have_text(re.compile(r"^\d?\d:\d\d\s[AP]M$"))
    assert await line.evaluate("(line) => parseFloat(getComputedStyle(line).fontSize)") > before
    plain = await line.locator(".ax-msg__name").evaluate("(name) => getComputedStyle(name).color")
    assert plain == await viewer.page.evaluate("getComputedStyle(document.body).color")
    # the server's first paint is the same
    without = await theatre.open("viewer", java_script_enabled=False)
    root = without.page.locator("ax-chat")
    await expect(root).to_have_attribute("data-times", "12")
    await expect(root).to_have_attribute("data-size", "largest")
    await expect(without.lines.filter(has_text="what time").locator("time")).to_have_text(re.compile("[AP]M"))


async def test_a_guest_keeps_choices_in_the_browser_also_without_javascript(theatre: Theatre) -> None:
    guest = await theatre.open(java_script_enabled=False)
    await guest.page.get_by_role("link", name="Chat options").click()
    await guest.page.get_by_label("Text size").select_option("large")
    await guest.page.get_by_role("button", name="Save").click()
    await guest.page.goto(f"{theatre.site.url}p/chat/{theatre.slug}")
    await expect(guest.page.locator("ax-chat")).to_have_attribute("data-size", "large")
    scripted = await theatre.open()
    await choose(scripted, times="24")
    await expect(scripted.page.locator("ax-chat")).to_have_attribute("data-times", "24")
    await scripted.page.reload()
    await expect(scripted.page.locator("ax-chat")).to_have_attribute("data-times", "24")


async def test_the_options_are_reached_and_saved_by_keyboard(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    await viewer.page.get_by_role("link", name="Chat options").focus()
    await viewer.page.keyboard.press("Enter")
    dialog = viewer.page.locator("dialog[open]")
    await expect(dialog.get_by_label("Time of messages")).to_be_visible()
    await dialog.get_by_label("Time of messages").focus()
    await viewer.page.keyboard.press("2")
    await dialog.get_by_role("button", name="Save").focus()
    await viewer.page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(viewer.page.locator("ax-chat")).to_have_attribute("data-times", "24")


# the contrast of every name with what is behind it
NAMES = """() => {
  const part = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const lum = ([r, g, b]) => 0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
  const made = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const canvas = made.getContext("2d", { willReadFrequently: true });
  const over = (layers) => {
    for (const colour of layers) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const shown = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    return over(["white", ...layers]);
  };
  return [...document.querySelectorAll(".ax-msg__name")].map((name) => {
    const [a, b] = [lum(over([getComputedStyle(name).color])), lum(shown(name))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_every_colour_of_names_can_be_read_on_every_ground(theatre: Theatre, scheme: Any) -> None:
    viewer = await theatre.open("viewer", color_scheme=scheme)
    me = await name(theatre, "viewer")
    for hue in range(12):
        person = fake_line(hue)["author"] | {"hue": hue}
        await fake(theatre, author=person, text="plain", role="owner")
        await fake(theatre, author=person, text=f"to @{me}", mentions=[me], role="owner")
    await viewer.sees("to @", times=12)
    ratios = await viewer.page.evaluate(NAMES)
    assert len(ratios) == 24
    assert min(ratios) >= 4.5


# --- removed messages


async def test_a_removed_message_says_so_in_place_to_each_as_they_may_know(theatre: Theatre) -> None:
    viewer, other, moderator = (
        await theatre.open("viewer"),
        await theatre.open("other"),
        await theatre.open("moderator"),
    )
    await other.send("a rude and rather long word " + "that goes on and on " * 12)
    await viewer.sees("a rude and")
    line = viewer.lines.first
    height = (await line.bounding_box() or {})["height"]
    await moderator.lines.filter(has_text="a rude and").hover()
    await moderator.page.get_by_role("button", name="Delete message").click()
    # viewers read that it is gone, and nothing moves
    await expect(line).to_contain_text("Message removed")
    assert (await line.bounding_box() or {})["height"] == pytest.approx(height, abs=1)
    # its author reads whose it was, also later; moderators what it was and who did it
    await expect(other.lines.first).to_contain_text("Your message was removed")
    await other.page.reload()
    await other.ready()
    await expect(other.lines.first).to_contain_text("Your message was removed")
    await expect(other.lines.first).not_to_contain_text("rude")
    struck = moderator.lines.filter(has_text="a rude and")
    await expect(struck).to_contain_text("Removed by")
    assert "line-through" in await struck.locator(".ax-msg__text").evaluate("(t) => getComputedStyle(t).textDecoration")
    await viewer.page.reload()
    await viewer.ready()
    await viewer.sees("Message removed", times=0)
    # who likes it calmer reads only that it is gone
    await choose(moderator, removed="note")
    await expect(struck.locator(".ax-msg__text")).to_be_hidden()
    await expect(struck).to_contain_text("Removed by")


# --- fast chats


async def test_of_a_fast_chat_the_page_shows_a_sample_and_the_log_keeps_all(theatre: Theatre) -> None:
    viewer = await theatre.open("viewer")
    for number in range(60):
        await fake(theatre, id=f"0199dddd-0000-7000-8000-{number:012}", text=f"fast {number}")
    await expect(viewer.page.locator("[data-hint]")).to_contain_text("you see a sample of the messages")
    shown = await viewer.lines.filter(has_text="fast").count()
    assert 15 <= shown < 60


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_axe_finds_nothing(theatre: Theatre, scheme: Any, width: int) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    viewer = await theatre.open("viewer", **look)
    me = await name(theatre, "viewer")
    await fake(theatre, text=f"hello @{me}", mentions=[me])
    await expect(viewer.lines.get_by_role("img", name="To you")).to_be_visible()
    await viewer.page.get_by_role("link", name="Chat options").click()
    await expect(viewer.page.locator("dialog[open] h2")).to_be_visible()
    assert await findings(viewer.page) == []
    await viewer.page.locator("dialog[open] select[name=size]").select_option("largest")
    await viewer.page.locator("dialog[open]").get_by_role("button", name="Save").click()
    assert await findings(viewer.page) == []
    for path in ("p/chat/my/look", "p/chat/my/blocks"):
        await viewer.page.goto(f"{theatre.site.url}{path}")
        assert await findings(viewer.page) == []
        wide = await viewer.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    guest = await theatre.open(**look)
    await guest.page.goto(f"{theatre.site.url}p/chat/my/look")
    assert await findings(guest.page) == []
