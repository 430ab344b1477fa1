"""Socket.IO 5, case by case as its protocol's test suite has them, over both transports; then what goes beyond it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

import aiohttp
import pytest
import pytest_asyncio
from polling_support import PollClient
from pydantic import BaseModel, ConfigDict
from rt_support import RawClient, Site, make_site, masked, serving, until

from aethex_live.realtime import PUBLIC, Call, NoAnswer, SocketEvent
from aethex_live.realtime.packets import MAX_ATTACHMENTS, Kind, pack

PLACES = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
BYTES = [b"\x01\x02\x03", b"\x04\x05\x06"]


class Anything(BaseModel):
    """Whatever a client sends, as it is."""

    model_config = ConfigDict(extra="allow")


class Wire(Protocol):
    """What both transports can do."""

    async def send(self, packet: str | bytes) -> None: ...

    async def next(self) -> str | bytes: ...

    async def ended(self) -> None: ...


class SocketWire:
    """Over a websocket."""

    def __init__(self, raw: RawClient) -> None:
        self.raw = raw

    async def send(self, packet: str | bytes) -> None:
        self.raw.writer.write(masked(2, packet) if isinstance(packet, bytes) else masked(1, packet.encode()))

    async def next(self) -> str | bytes:
        while True:
            opcode, payload = await self.raw.frame()
            if opcode == 8:
                raise ConnectionError(str(int.from_bytes(payload[:2], "big")))
            if opcode == 2:
                return payload
            if payload == b"2":
                self.raw.send("3")
            else:
                return payload.decode()

    async def ended(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self.raw.close_code()
        await self.raw.gone()


class PollWire:
    """Over long polling."""

    def __init__(self, client: PollClient) -> None:
        self.client = client

    async def send(self, packet: str | bytes) -> None:
        import base64

        await self.client.post("b" + base64.b64encode(packet).decode() if isinstance(packet, bytes) else packet)

    async def next(self) -> str | bytes:
        import base64

        packet = await self.client.packet()
        return base64.b64decode(packet[1:]) if packet.startswith("b") else packet

    async def ended(self) -> None:
        async with asyncio.timeout(5):
            while (await self.client.get())[0] == 200:
                pass


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[Site]:
    """A site that answers `echo` with what it was given, and notes what it got."""
    site = make_site(ping_interval_ms=300, ping_timeout_ms=200, connect_timeout=0.35)

    async def give_back(call: Call) -> dict[str, object]:
        data = call.data.model_dump()
        if call.data.model_extra and call.data.model_extra.get("event"):
            site.engine.tell(call.connection_id, "message-back", data)
        return {"data": data, "id": call.connection_id}

    site.engine.on(SocketEvent(name="message", model=Anything, handler=give_back, access=PUBLIC))
    async with serving(site):
        yield site


@pytest_asyncio.fixture(params=["websocket", "polling"])
async def wire(request: pytest.FixtureRequest, echo: Site) -> AsyncIterator[Wire]:
    """A client that has opened a session and said nothing yet."""
    if request.param == "websocket":
        raw = await RawClient.open(echo.port)
        await raw.text()
        yield SocketWire(raw)
        await raw.close()
        return
    async with aiohttp.ClientSession() as http:
        yield PollWire(await PollClient(http, echo).open())


async def connected(wire: Wire, auth: str = "") -> str:
    await wire.send("40" + auth)
    answer = await wire.next()
    assert isinstance(answer, str)
    assert answer.startswith("40{")
    return str(json.loads(answer[2:])["sid"])


async def test_connects_to_the_main_namespace(wire: Wire, echo: Site) -> None:
    sid = await connected(wire)
    assert sid
    assert echo.seen[-1].auth is None


async def test_connects_with_a_payload(wire: Wire, echo: Site) -> None:
    await connected(wire, '{"token":"123"}')
    assert echo.seen[-1].auth == {"token": "123"}


async def test_the_id_that_is_shown_is_not_the_secret_of_the_session(wire: Wire, echo: Site) -> None:
    sid = await connected(wire)
    assert sid not in echo.engine._gate.polled


@pytest.mark.parametrize("auth", ["", ',{"token":"123"}'])
async def test_an_unknown_namespace_is_refused_and_the_main_one_still_open(wire: Wire, auth: str) -> None:
    await wire.send("40/random" + (auth or ","))
    assert await wire.next() == '44/random,{"message":"Invalid namespace"}'
    await connected(wire)


async def test_an_invalid_handshake_closes(wire: Wire) -> None:
    await wire.send("4abc")
    await wire.ended()


async def test_no_handshake_in_time_closes(wire: Wire, echo: Site) -> None:
    await wire.ended()
    await until(lambda: echo.engine.connections() == 0)
    assert echo.engine.metrics["connect_timeouts"] == 1


async def test_leaving_the_namespace_keeps_the_transport_and_its_pings(wire: Wire, echo: Site) -> None:
    sid = await connected(wire)
    await wire.send("41")
    await until(lambda: echo.engine._sessions.find(sid) is None)
    await asyncio.sleep(0.7)
    if isinstance(wire, PollWire):
        assert (await wire.client.get())[1] == "2" or echo.engine.connections() == 0
    else:
        assert isinstance(wire, SocketWire)
        assert await wire.raw.frame() == (1, b"2")


async def test_who_left_and_connects_again_is_sent_to_a_new_socket(wire: Wire) -> None:
    await connected(wire)
    await wire.send("41")
    await wire.send("40")
    await wire.ended()


@pytest.mark.parametrize("packet", ["41/custom,", '42/custom,["message",{}]', "431/custom,[1]"])
async def test_a_packet_for_a_namespace_that_was_not_entered_closes(wire: Wire, packet: str) -> None:
    await connected(wire)
    await wire.send(packet)
    await wire.ended()


async def test_sends_a_plain_event(wire: Wire) -> None:
    await connected(wire)
    await wire.send('42["message",{"event":1,"a":"2","b":{"3":[true]}}]')
    assert await wire.next() == '42["message-back",{"event":1,"a":"2","b":{"3":[true]}}]'


async def test_sends_an_event_with_attachments(wire: Wire) -> None:
    await connected(wire)
    await wire.send('452-["message",{"event":1,"both":[' + PLACES + "]}]")
    for part in BYTES:
        await wire.send(part)
    assert await wire.next() == '452-["message-back",{"event":1,"both":[' + PLACES + "]}]"
    assert [await wire.next(), await wire.next()] == BYTES


async def test_acknowledges_a_plain_event(wire: Wire) -> None:
    await connected(wire)
    await wire.send('42456["message",{"a":1,"b":"2","c":{"3":[false]}}]')
    answer = await wire.next()
    assert isinstance(answer, str)
    assert answer.startswith("43456[")
    assert json.loads(answer[5:])[0]["data"] == {"a": 1, "b": "2", "c": {"3": [False]}}


async def test_acknowledges_an_event_with_attachments(wire: Wire) -> None:
    sid = await connected(wire)
    await wire.send('452-789["message",{"both":[' + PLACES + "]}]")
    for part in BYTES:
        await wire.send(part)
    expected = f'462-789[{{"data":{{"both":[{PLACES}]}},"id":"{sid}","ok":true}}]'
    assert await wire.next() == expected
    assert [await wire.next(), await wire.next()] == BYTES


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param("4abc", id="kind"),
        pytest.param("42{}", id="data"),
        pytest.param('42abc["message",{}]', id="ack number"),
        pytest.param('451["message",{}]', id="number of attachments"),
        pytest.param('450-["message",{"_placeholder":true,"num":0}]', id="a place without an attachment"),
        pytest.param(f'45{MAX_ATTACHMENTS + 1}-["message",{{}}]', id="too many attachments"),
        pytest.param('42["connect",{}]', id="a reserved name"),
    ],
)
async def test_an_invalid_packet_closes(wire: Wire, packet: str) -> None:
    await connected(wire)
    await wire.send(packet)
    await wire.ended()


@pytest.mark.parametrize("place", ['"num":1', '"num":-1', '"num":true', '"num":"0"', '"x":0'])
async def test_a_place_for_no_attachment_closes(wire: Wire, place: str) -> None:
    await connected(wire)
    await wire.send('451-["message",{"_placeholder":true,' + place + "}]")
    await wire.send(b"x")
    await wire.ended()


async def test_text_in_the_place_of_an_attachment_closes(wire: Wire) -> None:
    await connected(wire)
    await wire.send('451-["message",{"_placeholder":true,"num":0}]')
    await wire.send('42["message",{}]')
    await wire.ended()


async def test_an_attachment_that_belongs_to_nothing_closes(wire: Wire) -> None:
    await connected(wire)
    await wire.send(b"stray")
    await wire.ended()


async def asking(site: Site, sid: str, **options: Any) -> asyncio.Task[list[Any]]:
    return asyncio.create_task(site.engine.ask(sid, "quiz", {"q": 1, "picture": b"\x09"}, **options))


async def test_the_server_asks_and_hears_the_answer(wire: Wire, echo: Site) -> None:
    sid = await connected(wire)
    answer = await asking(echo, sid)
    assert await wire.next() == '451-1["quiz",{"q":1,"picture":{"_placeholder":true,"num":0}}]'
    assert await wire.next() == b"\x09"
    await wire.send("431[42]")
    assert await answer == [42]
    again = await asking(echo, sid)
    assert str(await wire.next()).startswith('451-2["quiz"')
    await wire.next()
    await wire.send('461-2[{"_placeholder":true,"num":0}]')
    await wire.send(b"yes")
    assert await again == [b"yes"]


async def test_who_does_not_answer_in_time_is_given_up_and_a_late_answer_dropped(wire: Wire, echo: Site) -> None:
    sid = await connected(wire)
    with pytest.raises(NoAnswer, match="within"):
        await echo.engine.ask(sid, "quiz", {}, seconds=0.05)
    await wire.send("431[42]")
    assert str(await wire.next()).startswith("421[")
    await wire.send('427["message",{}]')
    assert str(await wire.next()).startswith("437[")


@pytest.mark.parametrize("bye", ["1", "41"])
async def test_who_goes_answers_nothing(wire: Wire, echo: Site, bye: str) -> None:
    sid = await connected(wire)
    answer = await asking(echo, sid)
    await asyncio.sleep(0.01)
    await wire.send(bye)
    with pytest.raises(NoAnswer, match="went"):
        await answer
    with pytest.raises(NoAnswer, match="not connected"):
        await echo.engine.ask(sid, "quiz", {})
    assert not echo.engine.tell(sid, "news", {})


def test_names_of_the_protocol_are_not_sent() -> None:
    from rt_support import offline_connection

    from aethex_live.realtime import asks

    _, connection = offline_connection()
    with pytest.raises(ValueError, match="another name"):
        asks.tell(connection, "disconnect", {})


@pytest.mark.parametrize("data", [{"deep": [{"er": [b"1", {"x": b"2"}]}]}, [b""], {"none": 1}])
def test_what_is_packed_comes_back(data: Any) -> None:
    from aethex_live.realtime.packets import decode, with_attachments

    packet, attachments = pack(Kind.EVENT, ["x", data])
    found = decode(packet[1:].decode())
    assert found.attachments == len(attachments)
    if attachments:
        found = with_attachments(found, attachments)
    assert found.kind == Kind.EVENT
    assert found.data == ["x", data]
