"""The parts of the pretend vendor, put together."""

from __future__ import annotations

from aethex_live.clock import Clock
from aethex_live.db import Database
from aethex_live.jobs import Jobs
from aethex_live.secrets import Secrets
from aethex_live.settings import Role, Site

from .checkouts import Checkouts
from .desk import Desk
from .links import Links
from .passing import Passing
from .payees import Payees
from .post import Post
from .returns import Returns
from .subscriptions import Subscriptions


class Parts:
    """One of each."""

    def __init__(self, db: Database, jobs: Jobs, clock: Clock, secrets: Secrets, base: str) -> None:
        self.desk = Desk(db, jobs, clock)
        self.subscriptions = Subscriptions(self.desk)
        self.checkouts = Checkouts(self.desk, self.subscriptions)
        self.returns = Returns(self.desk)
        self.payees = Payees(self.desk)
        self.links = Links(self.desk)
        self.passing = Passing(self.desk, self.checkouts, self.subscriptions, self.returns, self.payees)
        self.post = Post(self.desk, base, f"whsec_{secrets.derive('webhook').hex()}")


def base_of(site: Site, configured: str) -> str:
    """Where this process reaches the site: itself where it is all in one, else by the site's address."""
    if configured or site.role is not Role.ALL:
        return configured or site.url
    host = "127.0.0.1" if site.host in {"0.0.0.0", "::", ""} else site.host  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{site.port}"
