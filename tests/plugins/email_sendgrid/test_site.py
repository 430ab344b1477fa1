"""A whole site that sends by SendGrid, and what stops its start."""

import pytest
from pydantic import ValidationError

from aethex_live.providers import NotConfigured
from aethex_live.providers.email import MailCap
from aethex_plugins.email_sendgrid import EmailSendgrid
from aethex_plugins.email_sendgrid.settings import EmailSendgridSettings
from mail_sites import a_start_without, built, mailing_site, the_sites_mails_arrive_and_their_links_work
from mail_twins import SendgridTwin
from sites import OpenSite

GOOD = {"api_key": "SG.canary7", "from_address": "hello@example.org"}


async def test_the_sites_mails_arrive_and_their_links_work(open_site: OpenSite, twin: SendgridTwin):
    settings = {**GOOD, "api_key": twin.key, "base_url": twin.url, "verification_keys": [twin.public_key]}
    site = await mailing_site(open_site, "sendgrid", settings)
    await the_sites_mails_arrive_and_their_links_work(site, twin.arrived)
    assert [call.errors for call in twin.seen if call.errors] == []
    # and each names the job that wanted it
    assert all(tags["ax_ref"] for tags in twin.tags.values())


async def test_a_start_without_a_key_says_where_to_get_one(open_site: OpenSite):
    said = await a_start_without(open_site, "sendgrid", {"from_address": "hello@example.org"})
    assert "api_key is missing: set it under [plugins.email_sendgrid], or as AETHEX_EMAIL_SENDGRID__API_KEY" in said
    assert "app.sendgrid.com/settings/api_keys" in said


async def test_a_start_with_a_key_of_somebody_else_says_what_it_should_be(open_site: OpenSite):
    said = await a_start_without(open_site, "sendgrid", {**GOOD, "api_key": "re_canary7"})
    assert "begins with SG." in said
    assert "canary7" not in said


@pytest.mark.parametrize(("changes", "says"), [({"api_key": ""}, "api_keys"), ({"from_address": ""}, "sender_auth")])
def test_what_is_missing_is_named(changes: dict, says: str):
    with pytest.raises(NotConfigured, match=says):
        built(EmailSendgrid, EmailSendgridSettings(**GOOD | changes))


async def test_what_is_told_back_depends_on_the_key():
    without = built(EmailSendgrid, EmailSendgridSettings(**GOOD))
    assert without.capabilities == frozenset()
    settings = EmailSendgridSettings(**GOOD, verification_keys=[SendgridTwin().public_key])
    told = built(EmailSendgrid, settings)
    assert told.capabilities == {MailCap.TAGS, MailCap.EVENTS}
    assert "canary7" not in repr(settings) + repr(told) + repr(vars(told))
    await without.aclose()
    await told.aclose()


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key": "SG."},
        {"api_key": "SG.a\nb"},
        {"from_address": "nobody"},
        {"from_name": "a\nb"},
        {"base_url": "http://api.sendgrid.com"},
    ],
    ids=str,
)
def test_a_malformed_setting_is_refused(changes: dict):
    with pytest.raises(ValidationError):
        EmailSendgridSettings(**GOOD | changes)
