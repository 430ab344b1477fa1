"""Calls at a vendor: with a time limit, few repeats, and a breaker that spares a vendor who is down, and who waits.

Repeats come out of a budget that calls fill: in a total outage a vendor is asked hardly more often than otherwise. The
first two are lent, so that a process that was just started repeats, too; its calls pay them back before they save any.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar, runtime_checkable

from aethex_live.clock import Clock
from aethex_live.providers.errors import ProviderError, RateLimited, Unavailable

T = TypeVar("T")

TIMEOUT_S = 15.0
ATTEMPTS = 3
FAILURES = 5  # in a row, after which the vendor is spared
PROBE_S = 10.0  # then one call in so many seconds finds out whether it is back
SHARE = 0.1  # of all calls may be repeats
LENT = 2.0  # repeats in advance
MOST_SAVED = 10.0  # repeats that quiet times save up
LONGEST_WAIT_S = 2.0  # between two attempts: somebody may be waiting for a page


@dataclass(frozen=True, slots=True)
class Condition:
    """How a vendor is doing: `healthy` until it is being spared; then the newest failure, since when there have been
    failures alone, and the seconds until it is asked again (0: with the next call).
    """

    healthy: bool
    failure: str = ""
    retry_after: float = 0.0
    since: datetime | None = None


class Calls:
    """Every call of one provider goes through `run`. One object a provider, as long as the provider lives."""

    def __init__(
        self,
        provider: str,
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._timeout_s = timeout_s
        self._wait = wait
        self._answers = 0
        self._failures = 0
        self._failure = ""
        self._since: datetime | None = None
        self._probe_at = 0.0
        self._saved = LENT
        self._owed = LENT

    @property
    def condition(self) -> Condition:
        """How the vendor is doing, as far as calls have shown."""
        if self._failures < FAILURES:
            return Condition(healthy=True)
        return Condition(False, self._failure, max(0.0, self._probe_at - self._clock.monotonic()), self._since)

    @property
    def timeout_s(self) -> float:
        """What an attempt may take that does not say otherwise, in seconds."""
        return self._timeout_s

    @timeout_s.setter
    def timeout_s(self, seconds: float) -> None:
        self._timeout_s = seconds

    async def run(
        self,
        operation: str,
        call: Callable[[], Awaitable[T]],
        *,
        repeatable: bool = True,
        timeout_s: float | None = None,
    ) -> T:
        """The call's result. `call` raises provider errors alone; each attempt may take `timeout_s` seconds.

        After half of that time there is no further attempt: whoever waits for it has waited long enough.

        `repeatable`: the same call twice is as good as once (it only reads, or carries an idempotency key).

        Raises what the call raised, and Unavailable, with `retry_after`, while the vendor is spared.
        """
        self._check(operation)
        self._save()
        seconds, time = timeout_s or self._timeout_s, asyncio.get_running_loop().time
        latest = time() + seconds / 2
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(operation, call, seconds)
            except (RateLimited, Unavailable) as error:
                pause = self._pause(error, attempt) if repeatable and time() < latest else None
                if pause is None:
                    raise
                await self._wait(pause)
                if self._failures >= FAILURES:
                    raise  # others found out meanwhile that it is down
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, operation: str, call: Callable[[], Awaitable[T]], seconds: float) -> T:
        answers = self._answers
        try:
            async with asyncio.timeout(seconds):
                result = await call()
        except TimeoutError:
            error = self._error(f"{self._provider} did not answer within {seconds:g} s.", operation, code="timeout")
            self._failed(error, answers)
            raise error from None
        except Unavailable as error:
            self._failed(error, answers)
            raise
        except ProviderError:
            self._answered()  # with a refusal, but it did
            raise
        self._answered()
        return result

    def _check(self, operation: str) -> None:
        """Raises Unavailable while the vendor is spared; one caller in PROBE_S may try."""
        now = self._clock.monotonic()
        if self._failures < FAILURES:
            return
        if now < self._probe_at:
            sentence = f"{self._provider} is not answering at the moment; it is asked again by itself."
            raise self._error(sentence, operation, code="spared", retry_after=self._probe_at - now)
        self._probe_at = now + PROBE_S

    def _answered(self) -> None:
        self._answers += 1
        self._failures = 0

    def _failed(self, error: Unavailable, answers: int) -> None:
        """Note a failure; `answers` is how many there were when the call began."""
        if answers != self._answers:
            return  # others had answers since: one that hung from before tells nothing of now
        self._failures += 1
        self._failure = str(error)
        if self._failures == 1:
            self._since = self._clock.now()
        if self._failures == FAILURES:
            self._probe_at = self._clock.monotonic() + PROBE_S

    def _save(self) -> None:
        """What a call is worth: a tenth of a repeat."""
        if self._owed > SHARE / 2:  # else the rest is a matter of rounding
            self._owed -= SHARE
        else:
            self._saved = min(MOST_SAVED, self._saved + SHARE)

    def _pause(self, error: ProviderError, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        if attempt == ATTEMPTS or self._failures >= FAILURES or self._saved < 1.0:
            return None
        wanted = error.retry_after or 0.2 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
        if wanted > LONGEST_WAIT_S:
            return None
        self._saved -= 1.0
        return wanted

    def _error(self, sentence: str, operation: str, *, code: str, retry_after: float | None = None) -> Unavailable:
        return Unavailable(sentence, provider=self._provider, operation=operation, code=code, retry_after=retry_after)


@runtime_checkable
class Outside(Protocol):
    """A provider whose work is done by a vendor outside; pages read its condition."""

    calls: Calls


@runtime_checkable
class Trying(Protocol):
    """A provider that can say whether its vendor takes our credentials, without any effect there."""

    async def try_out(self) -> str:
        """Ask the vendor; what was found, in a sentence. Raises provider errors, whose sentences say what to mend."""
        ...
