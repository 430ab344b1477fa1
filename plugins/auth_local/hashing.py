"""Argon2id off the event loop: a few threads, a bounded queue, one time for known and unknown subjects."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from .errors import busy
from .settings import AuthLocalSettings

T = TypeVar("T")
# far more than a queue of `waiting` hashes takes; a machine that is slower than this can't serve sign-ins
TIME_LIMIT_S = 20.0


class Hashing:
    """Hashes and checks passwords with the site's parameters."""

    def __init__(self, settings: AuthLocalSettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.time_cost, memory_cost=settings.memory_kib, parallelism=settings.parallelism
        )
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="auth_local")
        self._places = threading.Semaphore(settings.threads + settings.waiting)
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """A new hash with a new salt. Raises Unavailable when too many wait already."""
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def matches(self, secret: str | None, password: str) -> bool:
        """Whether the hash is that of the password. `None` costs as much as a hash and is never right."""
        if secret is None:
            await self._run(lambda: self._verify(self._dummy_secret(), password))
            return False
        return await self._run(lambda: self._verify(secret, password))

    def is_outdated(self, secret: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(secret)

    async def warm_up(self) -> None:
        """Make what unknown subjects are checked against, so that the first of them takes no longer."""
        await self._run(self._dummy_secret)

    def close(self) -> None:
        """Let the threads end; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, secret: str, password: str) -> bool:
        try:
            return self._hasher.verify(secret, _bytes(password))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    def _dummy_secret(self) -> str:
        if self._dummy is None:
            self._dummy = self._hasher.hash(secrets.token_urlsafe(16))
        return self._dummy

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise busy()
        future = self._threads.submit(work)
        # called when the work ends or is dropped, not when its caller gives up: a thread can't be stopped
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(TIME_LIMIT_S):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise busy() from None


def _bytes(password: str) -> bytes:
    """JSON can hold halves of characters, which strict UTF-8 would refuse with a stack trace."""
    return password.encode("utf-8", "surrogatepass")
