"""The sandbox put together on a database, without a site."""

from aethex_live.clock import ManualClock
from aethex_live.db import Database
from aethex_live.jobs import Jobs
from aethex_live.secrets import Secrets
from aethex_plugins.payments_sandbox.parts import Parts

SECRET = b"a secret of tests that is long enough"


def parts_on(
    database: Database, clock: ManualClock, base: str = "https://site.example", jobs: Jobs | None = None
) -> Parts:
    """The parts, with jobs that are not started unless others are given."""
    return Parts(database, jobs or Jobs(database), clock, Secrets(SECRET, clock), base)
