"""Cost of a hook call with no, five and twenty plugins, beside asyncio.gather with a time limit for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from aethex_live._runtime.gate import Gate
from aethex_live._runtime.health import Health
from aethex_live._runtime.rounds import Implementation
from aethex_live._runtime.verbs import HookCaller
from aethex_live.clock import SystemClock
from aethex_live.hookspecs import chat, moderation, streaming
from bench.figures import Figure

PEER = "gather + timeout"
GOALS = {0: 2.0, 5: 10.0, 20: 50.0}  # us: facts of reliability, "0 plugins <= 2, 10 plugins <= 50"
SETTLE_S = 0.3
MOST_APART = 1.6  # slowest round over fastest: more, and the machine did something else

Call = Callable[[], Awaitable[object]]


class Listener:
    """Implements a hook of each verb and has nothing to say."""

    async def broadcast_started(self, event: object) -> None:
        """Of notify."""

    async def review_chat_message(self, draft: object) -> None:
        """Of ask."""

    async def shape_chat_message(self, draft: object) -> None:
        """Of fold."""


class Caller:
    """A site's hooks with so many plugins, and the calls to compare."""

    def __init__(self, plugins: int) -> None:
        self._listeners = {f"plugin_{number}": Listener() for number in range(plugins)}
        gate = Gate()
        self.hooks = HookCaller(self._implementations, gate, Health(SystemClock(), self._suspended))
        for name in self._listeners:
            gate.open(name)

    def _implementations(self, hook: str) -> list[Implementation]:
        argument = ("event",) if hook == "broadcast_started" else ("draft",)
        return [Implementation(name, getattr(one, hook), argument) for name, one in self._listeners.items()]

    @staticmethod
    def _suspended(plugin: str, reason: str) -> None:
        raise RuntimeError(f"{plugin}: {reason}")

    async def notify(self) -> object:
        """Tell all."""
        return await self.hooks.notify(streaming.broadcast_started, event=None)  # type: ignore[arg-type, func-returns-value]  # nobody looks at the event

    async def ask(self) -> object:
        """Ask all."""
        return await self.hooks.ask(moderation.review_chat_message, draft=None)  # type: ignore[arg-type]  # as above

    async def fold(self) -> object:
        """Pass through all; a None goes through unchanged."""
        return await self.hooks.fold(chat.shape_chat_message, None)  # type: ignore[arg-type]  # as above

    async def gather(self) -> object:
        """The usual way: a task and a time limit for each."""
        return await asyncio.gather(*(_limited(one.broadcast_started(None)) for one in self._listeners.values()))


async def _limited(call: Awaitable[None]) -> None:
    async with asyncio.timeout(5):
        await call


def run(quick: bool) -> Iterable[Figure]:
    """Microseconds a call, the best of interleaved rounds."""
    return asyncio.run(_measured(quick))


async def _measured(quick: bool) -> list[Figure]:
    rounds, calls = (5, 2_000) if quick else (15, 10_000)
    await asyncio.sleep(SETTLE_S)
    figures = []
    for plugins in GOALS:
        site = Caller(plugins)
        ways: dict[str, Call] = {"notify": site.notify, "ask": site.ask, "fold": site.fold, PEER: site.gather}
        times = await _interleaved(ways, rounds, calls)
        figures += [_figure(verb, plugins, times) for verb in ("notify", "ask", "fold")]
        site.hooks.close()
    return figures


async def _interleaved(ways: dict[str, Call], rounds: int, calls: int) -> dict[str, list[float]]:
    """Microseconds a call of each way, round by round: what disturbs one disturbs the other."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            begun = time.process_time()
            for _ in range(calls):
                await way()
            times[name].append((time.process_time() - begun) / calls * 1e6)
    return {name: found[1:] for name, found in times.items()}  # the first one warms up


def _figure(verb: str, plugins: int, times: dict[str, list[float]]) -> Figure:
    value, peer = min(times[verb]), min(times[PEER])
    steady = sorted(times[verb])[len(times[verb]) // 2] <= value * MOST_APART
    goal = GOALS[plugins]
    return Figure(
        figure=f"hooks.{verb}, {plugins} plugins",
        value=round(value, 2),
        unit="us CPU a call",
        goal=goal,
        met=value <= goal and steady,
        peer=PEER,
        peer_value=round(peer, 2),
        ratio=round(value / peer, 3),
        valid=steady,
        note="" if steady else "the machine was busy: rounds differ too much",
    )
