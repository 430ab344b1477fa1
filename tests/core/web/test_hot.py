"""Hot answers: the view's own, from memory, for everybody, until something changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aethex_live._web.hot import HotAnswers
from aethex_live.web.hot import KEEP
from sites import LiveSite, OpenSite

PATH = "/api/v1/channels/nova/viewers"


class View:
    """A view that counts how often it is asked, behind the layer."""

    def __init__(self, *headers: tuple[bytes, bytes], keep: float | None = 1.0, status: int = 200) -> None:
        self.asked = self.drops = 0
        self.now = 0.0
        self._headers, self._keep, self._status = headers, keep, status
        self.layer = HotAnswers(self._answer, lambda: self.drops, lambda: self.now)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        body = b"%d" % self.asked
        if self._keep is not None:
            scope[KEEP] = self._keep
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body)), *self._headers]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def get(
        self, *headers: tuple[bytes, bytes], method: str = "GET", query: bytes = b"", path: str = PATH
    ) -> tuple[int, bytes, dict[bytes, bytes]]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}
        scope["aethex.request_id"] = "abc"
        await self.layer(scope, None, send)  # type: ignore[arg-type]  # nobody reads a body
        return sent[0]["status"], sent[1]["body"], dict(sent[0]["headers"])

    async def bodies(self, *rounds: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        return [(await self.get(*headers))[1] for headers in rounds]


async def test_an_answer_is_given_again_until_its_time_is_over() -> None:
    view = View()
    assert await view.bodies((), ()) == [b"1", b"1"]
    view.now = 1.5
    assert await view.bodies(()) == [b"2"]


async def test_what_changed_drops_every_answer() -> None:
    view = View()
    await view.get()
    view.drops += 1
    assert await view.bodies(()) == [b"2"]


async def test_a_change_while_the_view_works_keeps_its_answer_out() -> None:
    view = View()
    original = view.layer._inner

    async def changed(scope: Any, receive: Any, send: Any) -> None:
        await original(scope, receive, send)
        view.drops += 1

    view.layer._inner = changed
    assert await view.bodies((), ()) == [b"1", b"2"]


async def test_only_plain_gets_of_a_path_are_answered_from_memory() -> None:
    view = View()
    await view.get()
    assert (await view.get(query=b"a=1"))[1] == b"2"
    assert (await view.get(path="/other"))[1] == b"3"
    assert (await view.get((b"authorization", b"Bearer x")))[1] == b"4"
    assert (await view.get(method="POST"))[1] == b"5"
    assert (await view.get((b"cookie", b"aethex=x")))[1] == b"1"


async def test_a_view_that_did_not_ask_for_it_failed_or_sets_a_cookie_is_not_kept() -> None:
    for view in (View(keep=None), View(status=404), View((b"set-cookie", b"a=b"))):
        assert await view.bodies((), ()) == [b"1", b"2"]


async def test_who_has_the_answer_already_gets_a_304() -> None:
    view = View((b"x-request-id", b"of the first"))
    await view.get()
    status, body, headers = await view.get()
    assert (status, body, headers[b"x-request-id"]) == (200, b"1", b"abc")
    tag = headers[b"etag"]
    assert (await view.get((b"if-none-match", b'"other", W/' + tag)))[:2] == (304, b"")
    assert (await view.get((b"if-none-match", b'"other"')))[:2] == (200, b"1")


async def test_head_has_the_headers_alone() -> None:
    view = View()
    await view.get()
    status, body, headers = await view.get(method="HEAD")
    assert (status, body, headers[b"content-length"]) == (200, b"", b"1")


async def test_the_viewer_count_is_the_views_own_json(site: LiveSite) -> None:
    # Given a channel that nobody watches
    creator = await site.creator("hotada", "hotnova")
    # When its count is asked twice, by different people
    first = await creator.get("/api/v1/channels/hotnova/viewers")
    stranger = await (await site.browser()).get("/api/v1/channels/hotnova/viewers")
    # Then both have the same answer, which caches may keep for a second
    assert first.json() == stranger.json() == {"viewers": 0}
    assert stranger.headers["Cache-Control"] == "public, max-age=1"
    assert stranger.headers["ETag"]
    assert stranger.headers["X-Request-Id"] != first.headers["X-Request-Id"]


async def test_a_channel_that_is_not_there_has_no_count(site: LiveSite) -> None:
    for _ in range(2):
        assert (await (await site.browser()).get("/api/v1/channels/nobody-here/viewers")).status == 404


async def test_a_creator_sees_at_once_what_they_changed(open_site: OpenSite) -> None:
    # Given a channel whose front has just been looked at by a stranger
    site = await open_site(providers={"streaming": "none"})
    creator, stranger = await site.creator("ada", "nova"), await site.browser()
    assert "First words" not in (await stranger.get("/nova")).text
    # When its creator writes something
    answer = await creator.api("PATCH", "/channels/nova", {"about": "First words of mine"})
    assert answer.status == 200, answer.text
    # Then the next page has it, for everybody
    assert "First words" in (await stranger.get("/nova")).text
    assert "First words" in (await creator.get("/nova/live")).text
