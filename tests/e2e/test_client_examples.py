"""The programs of docs/examples/clients as they stand, against a started site: reading, writing, a cut, a bot."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from needs import need, required
from sites import Browser, LiveSite

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "docs" / "examples" / "clients"
LIMIT_S = 30.0
LANGUAGES = ("javascript", "python")


def command(language: str, script: str) -> list[str]:
    """How a script is run; skips where Node or its library is missing."""
    if language == "python":
        return [sys.executable, str(CLIENTS / f"{script.replace('-', '_')}.py")]
    node = need("node")
    if not (ROOT / "node_modules" / "socket.io-client").is_dir():
        if "npm" in required():
            pytest.fail("needs npm's socket.io-client: run npm ci (AETHEX_REQUIRE names npm)")
        pytest.skip("needs npm's socket.io-client: run npm ci")
    return [str(node), str(CLIENTS / f"{script}.mjs")]


class Program:
    """An example that runs."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self.child = child

    async def line(self, stream: str = "stdout") -> str:
        """The next line that it says."""
        async with asyncio.timeout(LIMIT_S):
            said: bytes = await getattr(self.child, stream).readline()
        assert said, (await self.child.stderr.read()).decode() if self.child.stderr else ""
        return said.decode().strip()

    async def until_joined(self, stream: str = "stdout") -> None:
        while "joined" not in await self.line(stream):
            pass

    async def messages(self, count: int) -> list[dict[str, Any]]:
        """The next messages, without what it says of itself."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            said = json.loads(await self.line())
            found += [said] if "text" in said else []
        return found


Run = Callable[..., Awaitable[Program]]


@pytest_asyncio.fixture
async def run() -> AsyncIterator[Run]:
    """`await run("python", "chat", "read", url, slug, token="")`: a program, ended with the test."""
    running: list[asyncio.subprocess.Process] = []

    async def one(language: str, script: str, *arguments: str, token: str = "") -> Program:
        child = await asyncio.create_subprocess_exec(
            *command(language, script),
            *arguments,
            env=os.environ | {"AETHEX_TOKEN": token},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        running.append(child)
        return Program(child)

    yield one
    for child in running:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def say(owner: Browser, slug: str, text: str) -> None:
    sent = await owner.api("POST", f"/channels/{slug}/chat/messages", {"text": text, "client_id": text})
    assert sent.status == 201, sent.text


async def bot_token(owner: Browser, username: str) -> str:
    bot = (await owner.api("POST", "/me/bots", {"username": username})).json()["id"]
    made = await owner.api("POST", f"/me/bots/{bot}/tokens", {"name": "x", "scopes": ["read", "chat:write"]})
    return str(made.json()["token"])


def cut_all(site: LiveSite) -> int:
    """Break every connection as a network does: without a word."""
    connections = site.platform.realtime._sessions.heartbeat.all()
    for connection in connections:
        connection.transport.abort()
    return len(connections)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_reader_goes_on_after_a_cut_with_what_was_said_meanwhile(
    site: LiveSite, run: Run, language: str
) -> None:
    # Given a program that reads a chat as a guest
    slug = f"cut-{language}"
    owner = await site.creator(f"cut_{language}", slug)
    reader = await run(language, "chat", "read", site.url, slug)
    await reader.until_joined()
    await say(owner, slug, "before")
    assert [said["text"] for said in await reader.messages(1)] == ["before"]
    # When its connection breaks, and somebody writes before it is back
    assert cut_all(site) == 1
    for number in range(3):
        await say(owner, slug, f"meanwhile {number}")
    # Then it has every line once, in order
    said = await reader.messages(3)
    assert [(line["seq"], line["text"]) for line in said] == [(n + 2, f"meanwhile {n}") for n in range(3)]
    await say(owner, slug, "after")
    assert (await reader.messages(1))[0] == {"seq": 5, "name": f"cut_{language}", "text": "after"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_writer_says_where_its_message_stands(site: LiveSite, run: Run, language: str) -> None:
    slug = f"write-{language}"
    owner = await site.creator(f"write_{language}", slug)
    token = await bot_token(owner, f"writer_{language}")
    writer = await run(language, "chat", "write", site.url, slug, "Good evening ✓", token=token)
    assert json.loads(await writer.line()) == {"seq": 1}
    async with asyncio.timeout(LIMIT_S):
        assert await writer.child.wait() == 0
    listed = (await owner.api("GET", f"/channels/{slug}/chat/messages")).json()["items"]
    assert [(line["text"], line["author"]["bot"]) for line in listed] == [("Good evening ✓", True)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_bot_answers_hello_once_and_to_people_alone(site: LiveSite, run: Run, language: str) -> None:
    # Given the bot, twice, as after a deployment that went wrong
    slug = f"bot-{language}"
    owner = await site.creator(f"asker_{language}", slug)
    token = await bot_token(owner, f"greeter_{language}")
    for _ in range(2):
        bot = await run(language, "hello-bot", site.url, slug, token=token)
        await bot.until_joined("stderr")
    reader = await run(language, "chat", "read", site.url, slug)
    await reader.until_joined()
    # When somebody greets it
    await say(owner, slug, "!hello")
    await say(owner, slug, "nothing to answer")
    # Then it answers once
    said = await reader.messages(3)
    assert sorted(line["text"] for line in said) == sorted(["!hello", f"Hello, asker_{language}!", "nothing to answer"])
    await say(owner, slug, "the end")
    assert (await reader.messages(1))[0]["text"] == "the end"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_token_that_was_revoked_ends_the_program_s_way_in(site: LiveSite, run: Run, language: str) -> None:
    slug = f"gone-{language}"
    owner = await site.creator(f"gone_{language}", slug)
    token = await bot_token(owner, f"goner_{language}")
    reader = await run(language, "chat", "read", site.url, slug, token=token)
    await reader.until_joined()
    bot = (await owner.api("GET", "/me/bots")).json()["items"][0]
    await owner.api("DELETE", f"/me/bots/{bot['id']}/tokens/{bot['tokens'][0]['id']}")
    assert json.loads(await reader.line())["status"].startswith("closing:")
