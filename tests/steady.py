"""Steady (@stdy/cli, by others) as judge of calls: its server behind a door that notes each verdict."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from needs import need
from sites import free_port

START_S = 60.0
# it reads arrays in queries as `expand[]`; Stripe's library writes `expand[0]`, which Stripe takes as well
NUMBERED = re.compile(r"(%5B|\[)\d+(%5D|\])=", re.IGNORECASE)
# as Stripe's library writes forms; what can't be told apart from other vendors' ways changes nothing for them
FORMS = [f"--validator-{where}-{what}-format=brackets" for where in ("form", "query") for what in ("array", "object")]


@dataclass(frozen=True)
class Verdict:
    """What was said of one call; `path` is the description's, `codes` say what is wrong."""

    method: str
    path: str
    codes: Sequence[str]
    said: Sequence[str]


@dataclass
class Judge:
    """Where to call, and what was said so far."""

    url: str = ""
    verdicts: list[Verdict] = field(default_factory=list)


@asynccontextmanager
async def steady(spec: str, *, forms: bool = False) -> AsyncIterator[Judge]:
    """The judge of a description. Skips the test where the program or the descriptions are not here."""
    program, description, port = need("steady"), need("specs") / spec, free_port()
    words = ["-q", "--host", "127.0.0.1", "-p", str(port), "--reject-on-sdk-error", *(FORMS if forms else [])]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program, *words, description, stdout=quiet, stderr=quiet)
    try:
        await _listens(port, process)
        async with _door(f"http://127.0.0.1:{port}") as judge:
            yield judge
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listens(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_S):
        while True:
            assert process.returncode is None, f"Steady ended with {process.returncode}"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


@asynccontextmanager
async def _door(behind: str) -> AsyncIterator[Judge]:
    judge = Judge()

    async def hand_on(request: web.Request) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in {"host", "content-length"}}
        body = await request.read()
        url = URL(behind + NUMBERED.sub(r"\1\2=", request.raw_path), encoded=True)
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, url, headers=headers, data=body or None) as answer,
        ):
            judge.verdicts.append(_verdict(request, answer.headers))
            kind = answer.headers.get("content-type", "application/json").partition(";")[0]
            return web.Response(status=answer.status, body=await answer.read(), content_type=kind)

    app = web.Application(client_max_size=10 << 20)
    app.router.add_route("*", "/{path:.*}", hand_on)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    judge.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield judge
    finally:
        await runner.cleanup()


def _verdict(request: web.Request, headers: object) -> Verdict:
    told = {name.lower(): value for name, value in headers.items()}  # type: ignore[attr-defined]  # aiohttp's mapping
    count = int(told.get("x-steady-error-count", "0"))
    codes = [told.get(f"x-steady-error-{n}-code", "?") for n in range(1, count + 1)]
    said = [
        f"{told.get(f'x-steady-error-{n}-path', '')}: {told.get(f'x-steady-error-{n}-message', '')}"
        for n in range(1, count + 1)
    ]
    if told.get("x-steady-request-valid") is None:
        codes, said = ["unknown"], ["the description has no such path"]
    return Verdict(request.method, told.get("x-steady-matched-path", request.path), codes, said)
