"""The rules of the core's own rows: accounts, sessions, channels, ingests, broadcasts, recordings, audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live.domain.accounts import Accounts
from aethex_live.domain.audit import Audit
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.domain.channels import Channels
from aethex_live.domain.ingests import Ingests
from aethex_live.domain.people import People
from aethex_live.domain.recordings import Recordings
from aethex_live.domain.sessions import Sessions
from aethex_live.domain.setup import Setup

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live._runtime.verbs import HookCaller
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.jobs import Jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """All rules of the core in one hand; views and plugins call these and never write core rows themselves."""

    accounts: Accounts
    sessions: Sessions
    channels: Channels
    ingests: Ingests
    broadcasts: Broadcasts
    recordings: Recordings
    people: People
    audit: Audit
    setup: Setup

    @classmethod
    def of(
        cls, db: Database, clock: Clock, providers: Providers, control: Control, jobs: Jobs, hooks: HookCaller
    ) -> Domain:
        """The rules over these parts."""
        audit = Audit()
        accounts = Accounts(db, providers, control)
        channels = Channels(db, audit)
        return cls(
            accounts=accounts,
            sessions=Sessions(db, clock, control),
            channels=channels,
            ingests=Ingests(db, providers, control, audit),
            broadcasts=Broadcasts(db, clock),
            recordings=Recordings(db, clock, providers, jobs, channels, audit),
            people=People(hooks),
            audit=audit,
            setup=Setup(db, accounts),
        )


__all__ = ["Domain"]
