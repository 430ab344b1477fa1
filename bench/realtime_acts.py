"""A moderator removes a message of the real chat: how soon the page of every viewer knows."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.chat_site import ChatSite, chat_site
from bench.figures import Figure
from bench.realtime_client import NotOpen, Socket
from bench.realtime_servers import (
    MOST_MACHINE_LOAD,
    NotMeasured,
    Seen,
    Served,
    generator,
    machine_load,
    raise_file_limit,
    run_generator,
)

VIEWERS, ACTS, PACE_S = 2000, 20, 0.5
GOAL_MS = 500
ANSWER_SECONDS = 10.0


def run(quick: bool) -> Iterable[Figure]:
    """Guests at two web processes behind one address, and the owner who removes messages one by one."""
    viewers, acts = (VIEWERS // 20, 4) if quick else (VIEWERS, ACTS)
    raise_file_limit()
    load = machine_load()
    with (
        generator() as program,
        tempfile.TemporaryDirectory(prefix="aethex-acts-", ignore_cleanup_errors=True) as folder,
    ):
        delays, missing, doubled = asyncio.run(_measured(program, Path(folder), viewers, acts))
    p50, p99 = (delays[int(len(delays) * part)] for part in (0.5, 0.99)) if delays else (None, None)
    valid = load < MOST_MACHINE_LOAD
    yield Figure(
        figure=f"realtime: a removed message is gone for {viewers} viewers, p99",
        value=p99,
        unit="ms",
        goal=f"<= {GOAL_MS}",
        met=None if quick else p99 is not None and p99 <= GOAL_MS and not missing and not doubled and valid,
        valid=valid,
        note=f"{acts} acts, p50 {p50 or 0:.0f} ms, longest {max(delays, default=0):.0f} ms; {missing} not heard, "
        f"{doubled} heard twice; machine before {load:.2f} cores",
    )


async def _measured(program: Path, folder: Path, viewers: int, acts: int) -> tuple[list[float], int, int]:
    """Milliseconds from each act to each viewer in order, how many heard nothing, how many twice."""
    async with chat_site(folder, 1) as site:
        owner = Socket(lambda *_: None, cookie=site.authors["author0"])
        try:
            await owner.open(site.port)
            lines = [await _ask(owner, "chat.send", _message(site, number)) for number in range(acts)]
            ready, watching = await _crowd(program, site, viewers, acts)
            await ready.wait()
            begun = await _remove(owner, site, [str(line["id"]) for line in lines])
            seen = await watching
        except NotOpen as error:
            raise NotMeasured(f"the owner's socket: {error}") from None
    heard: dict[str, list[int]] = seen.result["acts"]
    delays = sorted((at - begun[line]) / 1000 for line in begun for at in heard.get(line, []) if at)
    return delays, viewers * len(begun) - len(delays), int(seen.result["doubled"])


def _message(site: ChatSite, number: int) -> dict[str, object]:
    return {"channel": site.channel, "text": f"line {number}", "client_id": f"line-{number}"}


async def _crowd(program: Path, site: ChatSite, viewers: int, acts: int) -> tuple[asyncio.Event, asyncio.Task[Seen]]:
    """The viewers, in a thread; the event is set when all of them are there."""
    ready, loop = asyncio.Event(), asyncio.get_running_loop()
    process = site.cluster.services["web1"].process
    assert process is not None
    served = Served("the site", process.pid, site.port, site.cluster.services["web1"].log)

    def on_word(word: str) -> None:
        if word == "ready":
            loop.call_soon_threadsafe(ready.set)

    def watch() -> Seen:
        window = acts * PACE_S + ANSWER_SECONDS
        try:
            return run_generator(
                program,
                served,
                on_word=on_word,
                core=None,
                viewers=viewers,
                topics=site.topic,
                watch=acts,
                window=window,
            )
        finally:
            loop.call_soon_threadsafe(ready.set)

    return ready, asyncio.create_task(asyncio.to_thread(watch))


async def _remove(owner: Socket, site: ChatSite, lines: list[str]) -> dict[str, int]:
    """Remove them one by one; when each was asked for, in microseconds of the clock that the viewers go by."""
    begun: dict[str, int] = {}
    for line in lines:
        begun[line] = time.monotonic_ns() // 1000
        await _ask(owner, "chat.delete", {"channel": site.channel, "line": line})
        await asyncio.sleep(PACE_S)
    return begun


async def _ask(owner: Socket, name: str, data: object) -> dict[str, Any]:
    """Raises NotMeasured when it is refused."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer: dict[str, Any] = await owner.emit(name, data)
    except (TimeoutError, asyncio.CancelledError):
        raise NotMeasured(f"{name} was not answered") from None
    if not answer["ok"]:
        raise NotMeasured(f"{name} was refused: {answer}")
    return answer
