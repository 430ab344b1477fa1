"""The steps of the set-up after the operator's account: which are done, and where it goes on."""

from __future__ import annotations

from typing import Final

from aethex_live.models import SiteFact

KEY: Final = "setup_steps_done"
STEPS: Final = ("site", "mail", "picture", "features")
DONE: Final = "done"


class SetupSteps:
    """Remembers how far the set-up has come, so that it can be left and taken up again."""

    async def done(self) -> frozenset[str]:
        """The steps that were gone through or skipped."""
        fact = await SiteFact.get_or_none(key=KEY)
        return frozenset(fact.value.split(",")) & {*STEPS} if fact else frozenset()

    async def finish(self, step: str) -> str:
        """A step is done or skipped; returns the one that follows in order, at last "done"."""
        steps = sorted(await self.done() | {step}, key=STEPS.index)
        await SiteFact.update_or_create(key=KEY, defaults={"value": ",".join(steps)})
        return (*STEPS, DONE)[STEPS.index(step) + 1]

    async def open(self) -> str:
        """The first step that is not done, at last "done"."""
        done = await self.done()
        return next((step for step in STEPS if step not in done), DONE)
