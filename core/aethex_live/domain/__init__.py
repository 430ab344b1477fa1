"""The rules of the core's own rows: accounts, sessions, channels, ingests, broadcasts, recordings, audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aethex_live.domain.accounts import Accounts
from aethex_live.domain.audit import Audit
from aethex_live.domain.audit_log import AuditLog
from aethex_live.domain.bots import Bots
from aethex_live.domain.broadcasts import Broadcasts
from aethex_live.domain.channels import Channels
from aethex_live.domain.closing import Closing
from aethex_live.domain.directory import Directory
from aethex_live.domain.ingests import Ingests
from aethex_live.domain.joining import Joining
from aethex_live.domain.leaving import Leaving
from aethex_live.domain.leaving_mails import LeavingMails
from aethex_live.domain.linking import Linking
from aethex_live.domain.linking_mails import LinkingMails
from aethex_live.domain.login_links import LoginLinks
from aethex_live.domain.mail_stops import MailStops
from aethex_live.domain.moderators import Moderators
from aethex_live.domain.operators import Operators
from aethex_live.domain.people import People
from aethex_live.domain.provider_sessions import ProviderSessions
from aethex_live.domain.reconciliation import Reconciliation
from aethex_live.domain.recording_retention import Retention
from aethex_live.domain.recordings import Recordings
from aethex_live.domain.removal import Removal
from aethex_live.domain.sessions import Sessions
from aethex_live.domain.setup import Setup
from aethex_live.domain.setup_steps import SetupSteps
from aethex_live.domain.site_choices import SiteChoices
from aethex_live.domain.storage_forecast import StorageForecasts
from aethex_live.domain.tidings import Tidings
from aethex_live.domain.tokens import Tokens
from aethex_live.domain.vendor_streams import VendorStreams
from aethex_live.domain.webhook_desk import WebhookDesk
from aethex_live.domain.webhooks import Inbox

if TYPE_CHECKING:
    from aethex_live._runtime.registry import Providers
    from aethex_live._runtime.verbs import HookCaller
    from aethex_live.clock import Clock
    from aethex_live.control import Control
    from aethex_live.db import Database
    from aethex_live.jobs import Jobs
    from aethex_live.secrets import Secrets
    from aethex_live.settings import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """All rules of the core in one hand; views and plugins call these and never write core rows themselves."""

    accounts: Accounts
    sessions: Sessions
    channels: Channels
    at_providers: ProviderSessions
    moderators: Moderators
    ingests: Ingests
    broadcasts: Broadcasts
    recordings: Recordings
    retention: Retention
    storage: StorageForecasts
    people: People
    tokens: Tokens
    bots: Bots
    leaving: Leaving
    closing: Closing
    removal: Removal
    audit: Audit
    setup: Setup
    setup_steps: SetupSteps
    choices: SiteChoices
    operators: Operators
    directory: Directory
    audit_log: AuditLog
    login_links: LoginLinks
    webhooks: Inbox
    webhook_desk: WebhookDesk
    reconciliation: Reconciliation
    mail_stops: MailStops
    linking: Linking
    linking_mails: LinkingMails
    joining: Joining

    @classmethod
    def of(
        cls,
        db: Database,
        clock: Clock,
        providers: Providers,
        control: Control,
        jobs: Jobs,
        hooks: HookCaller,
        site: Site,
        secrets: Secrets,
    ) -> Domain:
        """The rules over these parts."""
        audit = Audit()
        accounts = Accounts(db, clock, providers, control, audit, site)
        removal = Removal(providers, jobs, audit)
        moderators = Moderators(db, audit, control)
        channels = Channels(db, moderators, site)
        ingests = Ingests(db, providers, control, audit, jobs)
        stops = MailStops(db, clock, audit)
        mails = LeavingMails(providers, clock, jobs, secrets, site, stops)
        joining = Joining(db, clock, accounts, site)
        linking_mails = LinkingMails(providers, jobs, site)
        tokens = Tokens(db, clock, control, audit)
        bots = Bots(db, tokens, accounts, control, audit, site)
        at_providers = ProviderSessions(jobs, providers)
        leaving = Leaving(
            db, clock, control, audit, removal, ingests, mails, bots, days=site.leaving_days, at_providers=at_providers
        )
        sessions = Sessions(db, clock, control, at_providers)
        broadcasts = Broadcasts(db, clock, retention_days=site.recordings_days, channels=channels)
        streams = VendorStreams(db, clock, broadcasts, accounts, jobs)
        tidings = Tidings(streams, sessions, stops)
        inbox = Inbox(db, clock, jobs, providers, tidings, keep_days=site.webhook_days)
        return cls(
            accounts=accounts,
            at_providers=at_providers,
            sessions=sessions,
            channels=channels,
            moderators=moderators,
            ingests=ingests,
            broadcasts=broadcasts,
            recordings=Recordings(db, clock, providers, channels, audit, control),
            retention=Retention(db, clock, providers, jobs, audit, site, stops),
            storage=StorageForecasts(providers, clock),
            people=People(hooks),
            tokens=tokens,
            bots=bots,
            leaving=leaving,
            closing=Closing(db, clock, providers, jobs, audit, removal, ingests, control, site, stops),
            removal=removal,
            audit=audit,
            setup=Setup(db, accounts, joining),
            setup_steps=SetupSteps(),
            choices=SiteChoices(db, site, control, audit),
            operators=Operators(db, clock, accounts, channels, ingests, control, audit, at_providers),
            directory=Directory(clock),
            audit_log=AuditLog(db),
            login_links=LoginLinks(db, clock, accounts, audit),
            webhooks=inbox,
            webhook_desk=WebhookDesk(db, jobs, inbox, audit),
            reconciliation=Reconciliation(db, clock, providers, streams, hooks),
            mail_stops=stops,
            linking=Linking(db, providers, accounts, audit, linking_mails),
            linking_mails=linking_mails,
            joining=joining,
        )


__all__ = ["Domain"]
