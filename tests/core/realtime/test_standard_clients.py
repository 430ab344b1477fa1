"""The clients that people use: socket.io-client from npm, and python-socketio's."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import socketio
from pydantic import BaseModel
from rt_support import Site, make_site, serving, until

from aethex_live.realtime import PUBLIC, Call, SocketEvent
from needs import required

ROOT = Path(__file__).parents[3]


async def run_node(node: Path, script: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(node),
        str(script),
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return out.decode()


class Quiz(BaseModel):
    topic: str
    picture: bytes


def quizzing(site: Site) -> Site:
    """Asks a client back, with binary there and back, while its own event waits for the answer."""

    async def quiz(call: Call) -> dict[str, object]:
        (answer,) = await site.engine.ask(call.connection_id, "quiz", {"picture": call.data.picture})
        return {"answer": answer}

    site.engine.on(SocketEvent(name="open.quiz", model=Quiz, handler=quiz, access=PUBLIC))
    return site


TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


@pytest.mark.parametrize("transports", TRANSPORTS, ids=",".join)
@pytest.mark.parametrize("compress", [False, True])
async def test_the_standard_npm_client(need: Callable[[str], Path], compress: bool, transports: list[str]) -> None:
    node = need("node")
    if not (ROOT / "node_modules" / "socket.io-client").is_dir():
        if "npm" in required():
            pytest.fail("needs npm's socket.io-client: run npm ci (AETHEX_REQUIRE names npm)")
        pytest.skip("needs npm's socket.io-client: run npm ci")
    site = quizzing(make_site(ping_interval_ms=1000, ping_timeout_ms=800, compress=compress, message_burst=200))
    site.refusals["banned"] = "This account is banned until May."
    async with serving(site):
        script = Path(__file__).parent / "standard_client.mjs"
        seen = json.loads(await run_node(node, script, site.url, ",".join(transports)))
    assert seen["connected"]
    assert seen["alive"]
    assert seen["transport"] == transports[-1]
    assert seen["quiz"] == [3, 2, 1]
    assert seen["joined"] == {"ok": True, "topic": "chat:node", "epoch": "e1", "seq": 0, "missed": []}
    assert seen["lines"] == [f'line {i} é✓ "q"' for i in range(100)]
    assert seen["refused"]["problem"]["type"] == "urn:aethex:problem:invalid"
    assert "text" in seen["refused"]["problem"]["detail"]
    assert not seen["unknown"]["ok"]
    assert seen["resumed"] == [98, 99, 100]
    assert seen["reason"] == "io client disconnect"
    assert seen["banned"]["message"] == "This account is banned until May."
    assert seen["banned"]["data"]["type"] == "urn:aethex:problem:forbidden"
    assert seen["stray"] == "Invalid namespace"
    assert site.seen[0].auth == {"token": "abc"}
    assert site.seen[0].cookies == {"session": "anna"}


@pytest.mark.parametrize("transports", TRANSPORTS, ids=",".join)
async def test_the_client_of_python_socketio(transports: list[str]) -> None:
    async with serving(quizzing(make_site())) as site:
        await python_client(site, transports)


async def python_client(site: Site, transports: list[str]) -> None:
    # Given
    client = socketio.AsyncClient()
    batches: list[Any] = []
    client.on("batch", batches.append)
    client.on("quiz", lambda data: data["picture"][::-1])
    # When
    await client.connect(site.url, transports=transports, headers={"Cookie": "session=anna"}, auth={"token": "t"})
    joined = await client.call("subscribe", {"topic": "chat:python"}, timeout=5)
    said = await client.call("chat.say", {"topic": "chat:python", "text": "hello"}, timeout=5)
    quiz = await client.call("open.quiz", {"topic": "chat:python", "picture": b"abc"}, timeout=5)
    await until(lambda: batches)
    # Then
    assert joined["ok"]
    assert client.transport() == transports[-1]
    assert quiz == {"answer": b"cba", "ok": True}
    assert said == {"seq": 1, "ok": True}
    assert batches == [["chat:python", "e1", [[1, "line", {"text": "hello"}]]]]
    assert site.seen[-1].auth == {"token": "t"}
    await client.disconnect()
    await until(lambda: site.engine.connections() == 0)


async def test_sockets_at_other_addresses_and_plain_requests_go_to_the_app(site: Site) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.get(f"{site.url}/page") as answer:
            assert await answer.text() == "ok"
        async with session.ws_connect(f"{site.url}/other") as socket:
            await socket.send_str("hello")
            assert await socket.receive_str(timeout=5) == "echo hello"
