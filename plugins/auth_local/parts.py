"""The parts of the plugin, made once and handed to its views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from .accounts import LocalAccounts
from .addresses import Addresses
from .alerts import Alerts
from .hashing import Hashing
from .invites import Invites
from .links import Links
from .passkeys import Passkeys
from .post import Post
from .recovery import RecoveryCodes
from .resets import Resets
from .settings import AuthLocalSettings
from .two_step import TwoStep
from .waiting import Waiting

if TYPE_CHECKING:
    from aethex_live import PluginContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All services of the plugin."""

    context: PluginContext
    settings: AuthLocalSettings
    auth: LocalAccounts
    links: Links
    post: Post
    addresses: Addresses
    resets: Resets
    two_step: TwoStep
    passkeys: Passkeys
    invites: Invites
    waiting: Waiting
    alerts: Alerts

    @classmethod
    def of(cls, context: PluginContext, settings: AuthLocalSettings, hashing: Hashing) -> Self:
        """The parts over a site."""
        links = Links(context.secrets, context.clock)
        post = Post(context, settings, links)
        addresses = Addresses(context, links, post)
        two_step = TwoStep(context, RecoveryCodes(context.secrets), post)
        invites = Invites(context)
        auth = LocalAccounts(
            context.db,
            hashing,
            context.clock,
            settings=settings,
            addresses=addresses,
            two_step=two_step,
            invites=invites,
            post=post,
        )
        return cls(
            context=context,
            settings=settings,
            auth=auth,
            links=links,
            post=post,
            addresses=addresses,
            resets=Resets(context, links, post, auth),
            two_step=two_step,
            passkeys=Passkeys(context, post),
            invites=invites,
            waiting=Waiting(context, addresses, post),
            alerts=Alerts(context, post, on=settings.login_alerts),
        )
