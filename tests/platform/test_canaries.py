"""Secrets planted everywhere, then looked for: in logs, events, audit, outbox, control, reprs, errors and metrics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from aethex_live.checks.trying import try_provider
from aethex_live.domain.provider_facts import ProviderFacts, facts
from encoders import Encoder, go_live
from sites import Browser, LiveSite, OpenSite

PASSWORD = "canary-Pass-5d1f-word"
OTHER = "canary-Other-77aa-word"
SITE_SECRET = "canary-site-secret-0123456789abcdef0123456789"
# what may be read by people who run the site, without being a secret's only keeper: everything but password hashes
TABLES = (
    "core_event",
    "core_audit_entry",
    "core_outbox",
    "core_control_message",
    "core_site_fact",
    "core_event_dead_letter",
)
LIVE_S = 20.0
QUIET = {"asyncio", "faker"}
__all__ = ["go_live"]  # a fixture


@dataclass
class Planted:
    """The secrets of one story, by what they are."""

    secrets: dict[str, str] = field(default_factory=dict)

    def found_in(self, place: str, text: str) -> list[str]:
        return [f"{what} in {place}" for what, value in self.secrets.items() if value in text]


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    # as an operator can: what has no level of its own follows what is above it, and plugins hold back their libraries
    known = logging.root.manager.loggerDict
    names = ["", *(name for name in known if logging.getLogger(name).level and name.split(".")[0] not in QUIET)]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield caplog
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


async def story(site: LiveSite, planted: Planted, go_live: Callable[[str, str], Awaitable[Encoder]]) -> Browser:
    """An account, a wrong and a right sign-in, a channel, a key that streams, a key that is wrong, a new password."""
    planted.secrets |= {"the password": PASSWORD, "the new password": OTHER, "the site's secret": SITE_SECRET}
    visitor = await site.browser()
    await visitor.api("POST", "/users", {"username": "ada", "email": "ada@example.org", "password": PASSWORD})
    await visitor.api("POST", "/session", {"username": "ada", "password": OTHER})
    await visitor.api("POST", "/session", {"username": "ada", "password": PASSWORD})
    planted.secrets["the session cookie"] = next(c.value for c in visitor.session.cookie_jar if "aethex" in c.key)
    await visitor.api("POST", "/channels", {"slug": "nova", "name": "Nova"})
    shown = (await visitor.api("POST", "/channels/nova/ingest/key", {})).json()
    planted.secrets["the stream key"] = shown["key"]
    await (await go_live(shown["server"], f"{shown['key']}x")).process.wait()
    encoder = await go_live(shown["server"], shown["key"])
    async with asyncio.timeout(LIVE_S):
        while not (await visitor.get("/api/v1/live")).json()["items"]:
            await asyncio.sleep(0.2)  # what is awaited is another process
    await encoder.stop()
    await visitor.api("POST", "/me/password", {"current_password": PASSWORD, "new_password": OTHER})
    return visitor


async def rows(site: LiveSite, table: str) -> str:
    """A table as text."""
    found = await site.platform.db.fetch(f"select t::text as line from {table} t")
    return "\n".join(row["line"] for row in found)


async def test_no_secret_stands_where_it_may_be_read(
    open_site: OpenSite, everything_logged: pytest.LogCaptureFixture, go_live: Callable[[str, str], Awaitable[Encoder]]
) -> None:
    # Given a site on which people use every secret there is
    site = await open_site(secret=SITE_SECRET)
    planted = Planted()
    visitor = await story(site, planted, go_live)
    # When everything that is written down about it is read
    site.platform.db.bind()
    found = planted.found_in("the log", everything_logged.text)
    for table in TABLES:
        found += planted.found_in(table, await rows(site, table))
    for path in ("/metrics", "/readyz", "/nothing-here", "/api/v1/channels/nova", "/api/v1/me"):
        found += planted.found_in(path, (await visitor.get(path)).text)
    platform = site.platform
    for thing in (platform.site, platform.secrets, platform.db, platform.domain, vars(platform)):
        found += planted.found_in(f"the repr of {type(thing).__name__}", repr(thing))
    # Then no secret is among it, though the log did see the story
    assert found == [], found
    assert "nova" in await rows(site, "core_event")
    assert len(everything_logged.records) > 20


# --- secrets of vendors

KEY = "canary-vendor-key-0f3a"
HOOK = "canary-vendor-hook-77"
PERSON = "canary.person@example.org"


@asynccontextmanager
async def indiscreet_vendor() -> AsyncIterator[str]:
    """A vendor that refuses everybody, and repeats in its refusal whatever it was sent."""

    async def answer(request: web.Request) -> web.Response:
        sent = f"{dict(request.headers)} {await request.text()} {request.path_qs} {KEY} {HOOK}"
        return web.json_response(
            {"errors": [{"message": sent}], "error": {"message": sent}, "message": sent}, status=401
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def of_all_vendors(url: str) -> dict[str, Any]:
    """Settings of every plugin of a vendor that can be pointed to this machine, all with secrets."""
    bucket = {"bucket": "media", "access_key_id": "AKIDEXAMPLE", "secret_access_key": KEY, "endpoint_url": url}
    mail = {"from_address": "hello@example.org", "base_url": url}
    return {
        "stream_mux": {"token_id": "t", "token_secret": KEY, "webhook_secrets": [HOOK], "api_url": url},
        "stream_cloudflare": {
            "account_id": "0" * 32,
            "api_token": KEY,
            "webhook_secrets": [HOOK],
            "api_url": url,
            "delivery_url": "https://customer-abc.cloudflarestream.com",
        },
        "storage_s3": bucket,
        "storage_r2": {**bucket, "account_id": "0" * 32},
        "email_resend": {**mail, "api_key": f"re_{KEY}"},
        "email_sendgrid": {**mail, "api_key": f"SG.{KEY}"},
        "payments_stripe": {"secret_key": f"sk_test_{KEY.replace('-', '_')}", "webhook_secrets": [f"whsec_{HOOK}"]}
        | {"api_base": url},
    }


async def test_no_secret_of_a_vendor_stands_where_it_may_be_read(
    open_site: OpenSite, everything_logged: pytest.LogCaptureFixture
) -> None:
    # Given a site with the keys of all vendors, each of whom refuses and repeats what it was sent
    secrets = {"a key": KEY, "a key of Stripe": KEY.replace("-", "_"), "a webhook's secret": HOOK, "an address": PERSON}
    planted, said = Planted(secrets), []
    async with indiscreet_vendor() as url:
        site = await open_site(plugins=of_all_vendors(url))
        operator = await site.operator()
        live = await facts(site.platform.site, site.platform.providers)
        tried = [fact for fact in live if fact.condition is not None]
        # When the operator tries each, and a stranger sends each a forged webhook
        for fact in tried:
            site.platform.db.bind()
            found = await try_provider(site.platform, fact.kind, name=fact.name, mail_to=PERSON)
            said.append(f"{found.level} {found.sentence} {found.next_step}")
            await operator.ask("POST", f"/webhooks/{fact.kind.value}/{fact.name}", data=f'{{"to": "{PERSON}"}}')
        pages = ["/admin", "/admin/providers", "/admin/webhooks", "/admin/jobs", "/admin/audit", "/metrics"]
        pages += [f"/admin/plugins/{fact.plugin}" for fact in tried]
        found = [line for path in pages for line in planted.found_in(path, (await operator.get(path)).text)]
        found += [line for fact in tried for line in planted.found_in(f"the repr of {fact.name}", _repr(site, fact))]
    # Then none of it stands in a sentence, a page, a row, a repr or the log
    found += planted.found_in("a finding", "\n".join(said)) + planted.found_in("the log", everything_logged.text)
    for table in TABLES:
        found += planted.found_in(table, await rows(site, table))
    found += planted.found_in("the settings", repr(site.platform.site))
    assert found == [], found
    assert len(tried) == len(of_all_vendors(""))
    assert [line for line in said if not line.startswith("bad")] == []  # each was asked, and refused


def _repr(site: LiveSite, fact: ProviderFacts) -> str:
    provider = site.platform.providers.get(fact.kind, fact.name)
    return repr(provider) + repr(vars(provider)) + repr(site.platform.plugins.rows())


async def test_a_wrong_connection_string_does_not_show_its_password(open_site: OpenSite) -> None:
    secret = "canary-db-word"
    with pytest.raises(Exception) as failed:  # noqa: PT011 - whatever it is, its text is judged
        await open_site(database_url=f"postgresql://nobody:{secret}@127.0.0.1:1/nothing")
    shown = [failed.value, *(error for error in (failed.value.__cause__, failed.value.__context__) if error)]
    assert not [text for text in map(repr, shown) if secret in text]
