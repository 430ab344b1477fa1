"""What an operator does about work that failed: begin it anew or forget it, each with its audit entry."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aethex_live.actor import Actor
from aethex_live.errors import AethexError, Conflict, NotFound, Refusal
from aethex_live.events import dead_letters
from aethex_live.models import EventDeadLetter, Outbox

if TYPE_CHECKING:
    from aethex_live.db import Database
    from aethex_live.domain.audit import Audit
    from aethex_live.events import Dispatcher
    from aethex_live.jobs import Jobs


class Backlog:
    """Acts on dead jobs and dead letters."""

    def __init__(self, db: Database, jobs: Jobs, dispatcher: Dispatcher, audit: Audit) -> None:
        self._db = db
        self._jobs = jobs
        self._dispatcher = dispatcher
        self._audit = audit

    async def retry_job(self, job_id: UUID, actor: Actor) -> None:
        """Begin a job anew that was given up. Raises NotFound."""
        async with self._db.transaction():
            detail = await _job(job_id)
            await self._jobs.retry(job_id)
            await self._audit.write("job.retried", actor=actor, subject=f"job:{job_id}", detail=detail)

    async def discard_job(self, job_id: UUID, actor: Actor) -> None:
        """Forget a job that was given up. Raises NotFound."""
        async with self._db.transaction():
            detail = await _job(job_id)
            await self._jobs.discard(job_id)
            await self._audit.write("job.discarded", actor=actor, subject=f"job:{job_id}", detail=detail)

    async def retry_letter(self, letter_id: UUID, actor: Actor) -> None:
        """Hand an event to its reader again, here and now. Raises NotFound, Conflict when it fails again."""
        detail = await _letter(letter_id)
        try:
            await self._dispatcher.retry(letter_id)
        except Refusal:
            raise
        except AethexError as error:
            raise Conflict(str(error)) from None
        except Exception as error:  # a plugin's reader may raise anything; that it failed again is the answer
            raise Conflict(f"It failed again: {type(error).__name__}: {str(error)[:300]}") from error
        await self._audit.write("event.retried", actor=actor, subject=f"event:{detail['event']}", detail=detail)

    async def discard_letter(self, letter_id: UUID, actor: Actor) -> None:
        """Forget an event that could not be handled; it stays in the log. Raises NotFound."""
        async with self._db.transaction():
            detail = await _letter(letter_id)
            await dead_letters.discard(self._db, letter_id)
            await self._audit.write("event.discarded", actor=actor, subject=f"event:{detail['event']}", detail=detail)


async def _job(job_id: UUID) -> dict[str, str]:
    row = await Outbox.get_or_none(id=job_id, state="dead")
    if row is None:
        raise NotFound("This job was not given up, or it is gone.")
    return {"topic": row.topic, "plugin": row.plugin}


async def _letter(letter_id: UUID) -> dict[str, str]:
    row = await EventDeadLetter.get_or_none(id=letter_id)
    if row is None:
        raise NotFound("This event was handled meanwhile, or it is gone.")
    return {"consumer": row.consumer, "event": str(row.event_id)}
