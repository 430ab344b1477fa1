"""The rules of the core's own rows: accounts, sessions, channels, ingests, broadcasts, recordings, audit."""

from __future__ import annotations

from dataclasses import dataclass

from aethex_live.domain.accounts import Accounts
from aethex_live.domain.audit import Audit
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.domain.channels import Channels
from aethex_live.domain.ingests import Ingests
from aethex_live.domain.people import People
from aethex_live.domain.recordings import Recordings
from aethex_live.domain.sessions import Sessions
from aethex_live.domain.setup import Setup


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


__all__ = ["Domain"]
