"""aethex/live against the real engine: what a page hears, also after its connection broke."""

import json
import re

from js_support import Site, serving, true_soon, until
from playwright.async_api import Page, WebSocketRoute

HEAR = """async ([topic, options]) => {
  const { subscribe, status } = await import("aethex/live");
  window.heard = []; window.states = [];
  window.leave = subscribe(topic, (event) => window.heard.push(event), options);
  status(({ state }) => { if (window.states.at(-1) !== state) window.states.push(state); });
}"""
SEQS = "() => window.heard.map(({ seq }) => seq)"


async def listen(site: Site, page: Page, topic: str = "news:1", **options: object) -> None:
    await page.goto(site.show("/", "", modules=()))
    await page.evaluate(HEAR, [topic, options])
    await until(page, "window.states.at(-1) === 'online'")


async def until_subscribed(site: Site, topic: str) -> None:
    await true_soon(lambda: site.realtime.subscribers(topic))


async def test_a_page_hears_what_is_published_once_and_in_order(site: Site, page: Page) -> None:
    await listen(site, page)
    await until_subscribed(site, "news:1")
    for number in range(1, 6):
        site.tell("news:1", "line", n=number)
    await until(page, "window.heard.length === 5")
    assert await page.evaluate(SEQS) == [1, 2, 3, 4, 5]
    assert (await page.evaluate("window.heard[4]")) == {"seq": 5, "name": "line", "data": {"n": 5}}


async def test_a_page_gets_what_happened_between_its_rendering_and_its_first_subscription(
    site: Site, page: Page
) -> None:
    for number in range(1, 5):
        site.tell("news:1", "line", n=number)
    await listen(site, page, last="2", epoch="e1")
    await until(page, "window.heard.length === 2")
    assert await page.evaluate(SEQS) == [3, 4]


async def test_after_a_restart_nothing_is_lost_and_nothing_comes_twice(page: Page) -> None:
    # Given a page that heard two messages before the server went away
    first = Site()
    async with serving(first) as site:
        await listen(site, page)
        await until_subscribed(site, "news:1")
        site.tell("news:1", "line", n=1)
        site.tell("news:1", "line", n=2)
        await until(page, "window.heard.length === 2")
        port = site.port
    await until(page, "window.states.at(-1) === 'offline'")
    # When three more are stored while it is away, and one comes after its return
    second = Site()
    second.log.rows = first.log.rows
    async with serving(second, port) as site:
        for number in (3, 4, 5):
            site.tell("news:1", "line", n=number)
        await until(page, "window.heard.length >= 5")
        site.tell("news:1", "line", n=6)
        await until(page, "window.heard.length >= 6")
    # Then the page has each once
    assert await page.evaluate(SEQS) == [1, 2, 3, 4, 5, 6]
    assert await page.evaluate("window.states.slice(0, 3)") == ["connecting", "online", "offline"]


class Wire:
    """Stands between page and engine: leaves out frames with `lost` in them, says what the engine says under load."""

    def __init__(self) -> None:
        self.lost = "nothing"
        self.dropped = 0
        self._socket: WebSocketRoute | None = None

    async def attach(self, page: Page) -> None:
        await page.route_web_socket(re.compile("/socket.io/"), self._opened)

    def say(self, name: str, value: list[object]) -> None:
        assert self._socket is not None
        self._socket.send("42" + json.dumps([name, value]))

    def _opened(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        socket.connect_to_server().on_message(self._passed)

    def _passed(self, message: str | bytes) -> None:
        assert self._socket is not None
        if self.lost in str(message):
            self.dropped += 1
        else:
            self._socket.send(message)


async def test_a_message_that_comes_again_is_not_heard_again(site: Site, page: Page) -> None:
    wire = Wire()
    await wire.attach(page)
    await listen(site, page)
    await until_subscribed(site, "news:1")
    site.tell("news:1", "line", n=1)
    site.tell("news:1", "line", n=2)
    await until(page, "window.heard.length === 2")
    wire.say("batch", ["news:1", "e1", [[1, "line", {}], [2, "line", {}], [3, "line", {}]]])
    await until(page, "window.heard.length >= 3")
    assert await page.evaluate(SEQS) == [1, 2, 3]


async def test_a_page_that_was_too_slow_asks_for_what_it_did_not_get(site: Site, page: Page) -> None:
    wire = Wire()
    await wire.attach(page)
    await listen(site, page)
    await until_subscribed(site, "news:1")
    site.tell("news:1", "line", n=1)
    await until(page, "window.heard.length === 1")
    # Given a message that did not get through
    wire.lost = '"line",{"n":2}'
    site.tell("news:1", "line", n=2)
    await true_soon(lambda: wire.dropped)
    wire.lost = "nothing"
    # When the engine says so, the page gets it, and what comes then
    wire.say("gap", ["news:1", 2])
    await until(page, "window.heard.length === 2")
    site.tell("news:1", "line", n=3)
    await until(page, "window.heard.length === 3")
    assert await page.evaluate(SEQS) == [1, 2, 3]


async def test_a_page_that_was_closed_is_told_why_when_it_is_back(site: Site, page: Page) -> None:
    wire = Wire()
    await wire.attach(page)
    await listen(site, page)
    await until_subscribed(site, "news:1")
    wire.say("notice", {"title": "Closed before", "detail": "Your line was too slow."})
    await until(page, "document.querySelector('.ax-toast')?.textContent.includes('Your line was too slow.')")


async def test_a_page_that_missed_too_much_is_told_to_read_again(site: Site, page: Page) -> None:
    for number in range(1, 5):
        site.tell("news:1", "line", n=number)
    await listen(site, page, last=1, epoch="of another store")
    await until(page, "window.heard.length === 1")
    assert (await page.evaluate("window.heard[0].name")) == "reload"
    site.tell("news:1", "line", n=5)
    await until(page, "window.heard.length === 2")
    assert (await page.evaluate("window.heard[1].seq")) == 5


async def test_two_parts_of_a_page_share_a_topic_and_each_gets_what_it_missed(site: Site, page: Page) -> None:
    for number in range(1, 4):
        site.tell("news:1", "line", n=number)
    await listen(site, page)
    await until_subscribed(site, "news:1")
    site.tell("news:1", "line", n=4)
    await until(page, "window.heard.length === 1")
    await page.evaluate("""async () => {
      const { subscribe } = await import("aethex/live");
      window.second = [];
      window.leaveSecond = subscribe("news:1", ({ seq }) => window.second.push(seq), { last: 1, epoch: "e1" });
    }""")
    await until(page, "window.second.length === 3")
    assert await page.evaluate("window.second") == [2, 3, 4]
    assert await page.evaluate(SEQS) == [4]
    assert site.realtime.subscribers("news:1") == 1
    await page.evaluate("window.leave()")
    site.tell("news:1", "line", n=5)
    await until(page, "window.second.length === 4")
    assert await page.evaluate(SEQS) == [4]


async def test_leaving_a_topic_is_told_to_the_server(site: Site, page: Page) -> None:
    await listen(site, page)
    await until_subscribed(site, "news:1")
    await page.evaluate("window.leave()")
    await true_soon(lambda: not site.realtime.subscribers("news:1"))


async def test_a_topic_that_may_not_be_heard_says_why(site: Site, page: Page) -> None:
    await listen(site, page, "news:secret")
    await until(page, "window.heard.length === 1")
    refused = await page.evaluate("(({ name, data }) => [name, data.detail])(window.heard[0])")
    assert refused == ["refused", "You may not hear 'news:secret'."]


async def test_sending_gives_the_answer_or_the_problem(site: Site, page: Page) -> None:
    await page.goto(site.show("/", "", modules=()))
    send = """async (text) => {
      const { send } = await import("aethex/live");
      return send("test.say", { text }).catch((problem) => ({ detail: problem.detail, type: problem.type }));
    }"""
    assert (await page.evaluate(send, "hello"))["said"] == "hello"
    assert (await page.evaluate(send, "bad"))["detail"] == "That is a bad word: choose another."


async def test_sending_without_a_connection_fails_at_once_and_says_when_it_is_tried_again(page: Page) -> None:
    async with serving(Site()) as site:
        await listen(site, page)
    await until(page, "window.states.at(-1) === 'offline'")
    problem = await page.evaluate("""async () => {
      const { send } = await import("aethex/live");
      const began = performance.now();
      const { type, retry_after } = await send("test.say", { text: "hello" }).catch((error) => error);
      return { type, retry_after, soon: performance.now() - began < 200 };
    }""")
    assert problem["type"] == "offline"
    assert problem["soon"]


async def test_one_listeners_mistake_does_not_cost_the_others_their_events(site: Site, page: Page) -> None:
    await listen(site, page)
    await page.evaluate("""async () => {
      const { subscribe } = await import("aethex/live");
      window.addEventListener("error", (event) => { window.said = event.message; event.preventDefault(); });
      subscribe("news:1", () => { throw new Error("mine"); });
      window.third = [];
      subscribe("news:1", ({ seq }) => window.third.push(seq));
    }""")
    await until_subscribed(site, "news:1")
    site.tell("news:1", "line", n=1)
    site.tell("news:1", "line", n=2)
    await until(page, "window.third.length === 2 && window.heard.length === 2 && window.said")
