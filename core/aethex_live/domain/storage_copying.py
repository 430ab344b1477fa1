"""One stored file brought to another place: never held as a whole, read back, and never over what others put there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Literal

from aethex_live.domain.storage_journal import Journal, Moved
from aethex_live.errors import AethexError
from aethex_live.providers import Conflict, NotFound, ProviderError, RateLimited, Unavailable
from aethex_live.providers.storage import StorageCap, StorageProvider, StoredObject

Outcome = Literal["copied", "known", "gone"]
ATTEMPTS = 5
LONGEST_WAIT_S = 15.0  # a vendor that is spared is asked again every ten seconds
UNKNOWN_TYPE = "application/octet-stream"


class Differs(AethexError):
    """The new place has another file of this key."""


class Copier:
    """Brings files from one provider to another, one call a file; several calls at once are fine."""

    def __init__(
        self,
        source: StorageProvider,
        target: StorageProvider,
        journal: Journal,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._target = target
        self._journal = journal
        self._wait = wait

    async def copy(self, found: StoredObject) -> Outcome:
        """Bring a file over, unless the journal has it as it is now. "gone": it was deleted meanwhile.

        Raises Differs, and what the providers raise after a few attempts.
        """
        known = self._journal.get(found.key)
        if known is not None and (known.etag, known.size) == (found.etag, found.size):
            return "known"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(found.key)
            except (RateLimited, Unavailable) as error:
                if attempt == ATTEMPTS:
                    raise
                await self._wait(min(error.retry_after or float(2**attempt), LONGEST_WAIT_S))
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, key: str) -> Outcome:
        try:
            facts = await self._source.head(key)
            digest, fresh = await self._put(facts)
        except NotFound as absent:
            if absent.provider != self._source.name:
                raise
            return "gone"
        try:
            after = await self._source.head(key)
        except NotFound:
            if fresh:  # whoever deleted it meant the file, not the place
                await self._target.delete(key)
            return "gone"
        if after.etag != facts.etag:
            raise self._unsteady(key)
        self._journal.add(Moved(key=key, etag=facts.etag, size=facts.size, digest=digest))
        return "copied"

    async def _put(self, facts: StoredObject) -> tuple[str, bool]:
        """Put the file where nothing is, or our own older copy; the digest of what is there now, and if we put it."""
        conditional = StorageCap.CONDITIONAL_PUT in self._target.capabilities
        if not conditional and await self._holds(facts.key):
            return await self._replace(facts)
        try:
            return await self._send(facts, if_absent=conditional), True
        except Conflict:
            return await self._replace(facts)

    async def _replace(self, facts: StoredObject) -> tuple[str, bool]:
        """Something is there: the same file, our older copy, or somebody else's, which stays."""
        there, here = await digest_of(self._target, facts.key), await digest_of(self._source, facts.key)
        if there == here:
            return here, False
        known = self._journal.get(facts.key)
        if known is None or known.digest != there:
            raise Differs(
                f"{self._target.name} has another file of this key, which stays as it is. Compare both, delete the "
                "one that is wrong, then run the move again."
            )
        return await self._send(facts, if_absent=False), True

    async def _send(self, facts: StoredObject, *, if_absent: bool) -> str:
        """Put the file; the digest, once what was read back is what was sent.

        Raises Conflict, and Unavailable, leaving nothing, when it did not arrive as it was sent.
        """
        sent = Digest()
        await self._target.put(
            facts.key,
            sent.watch(self._source.get(facts.key)),
            content_type=facts.content_type or UNKNOWN_TYPE,
            metadata=facts.metadata,
            if_absent=if_absent,
        )
        if sent.size == facts.size and await digest_of(self._target, facts.key) == sent.hex():
            return sent.hex()
        await self._target.delete(facts.key)
        raise self._unsteady(facts.key)

    async def _holds(self, key: str) -> bool:
        with suppress(NotFound):
            await self._target.head(key)
            return True
        return False

    def _unsteady(self, key: str) -> ProviderError:
        sentence = f"{key} changed while it was moved, or did not arrive as it was sent."
        return Unavailable(sentence, provider=self._target.name, operation="move", code="unsteady", retry_after=0.1)


class Digest:
    """Size and SHA-256 of bytes that pass by."""

    def __init__(self) -> None:
        self.size = 0
        self._sum = hashlib.sha256()

    async def watch(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces as they are."""
        async for piece in pieces:
            self.size += len(piece)
            self._sum.update(piece)
            yield piece

    def hex(self) -> str:
        """The SHA-256 so far."""
        return self._sum.hexdigest()


async def digest_of(provider: StorageProvider, key: str) -> str:
    """The SHA-256 of a stored file. Raises NotFound."""
    seen = Digest()
    async for _ in seen.watch(provider.get(key)):
        pass
    return seen.hex()
