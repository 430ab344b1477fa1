"""Writing too fast: one figure says when to come back, over the socket, the API and the page, and it is right."""

from __future__ import annotations

import pytest
import socketio

from aethex_live.clock import ManualClock
from aethex_live.errors import TooMany
from aethex_live.realtime import problems
from sites import OpenSite


async def test_socket_api_and_page_say_the_same_figure_and_keep_it(open_site: OpenSite) -> None:
    # Given an account that may write twice in 30 s, and has
    clock = ManualClock()
    site = await open_site(clock=clock, plugins={"chat": {"rate_messages": 2, "rate_seconds": 30}})
    owner, fast = await site.creator("ratehost", "ratehost"), await site.member("fastwriter")
    channel = (await owner.api("GET", "/channels/ratehost")).json()["id"]
    cookie = "; ".join(f"{cookie.key}={cookie.value}" for cookie in fast.session.cookie_jar)
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(site.url, headers={"Cookie": cookie}, transports=["websocket"], wait_timeout=10)

    async def over_socket(number: int) -> dict[str, object]:
        message = {"channel": channel, "text": f"s{number}", "client_id": f"s{number}"}
        answer: dict[str, object] = await client.call("chat.send", message, timeout=10)
        return answer

    for number in range(2):
        assert (await over_socket(number))["ok"]
    # When it writes again each way
    clock.advance(0.5)
    problem = (await over_socket(2))["problem"]
    message = {"text": "a", "client_id": "a"}
    refused = await fast.api("POST", "/channels/ratehost/chat/messages", message)
    page = await fast.submit("/p/chat/ratehost/send", page="/p/chat/ratehost", text="f", client_id="f", next="/")
    # Then each says 14.5 s
    assert problem["retry_after_s"] == refused.json()["retry_after_s"] == pytest.approx(14.5, abs=0.02)  # type: ignore[index]
    assert (refused.status, refused.headers["Retry-After"]) == (429, "15")
    assert problem["detail"] == refused.json()["detail"]  # type: ignore[index]
    assert "in 15 seconds" in page.text
    # and who comes back a moment earlier is refused, then taken
    clock.advance(14.4)
    assert not (await over_socket(3))["ok"]
    clock.advance(0.12)
    assert (await over_socket(4))["ok"]
    await client.disconnect()


@pytest.mark.parametrize(
    ("seconds", "told", "whole"),
    [(0.001, 0.01, 1), (14.5, 14.5, 15), (1.001, 1.01, 2), (30.0, 30.0, 30), (0.0, 0.0, 1)],
)
def test_no_figure_is_ever_too_early(seconds: float, told: float, whole: int) -> None:
    refusal = TooMany("Later.", retry_after=seconds)
    assert (refusal.retry_after, refusal.whole_seconds) == (told, whole)
    assert problems.of_refusal(refusal)["retry_after_s"] == told
