"""A whole site that sends by Resend, and what stops its start."""

import pytest
from pydantic import ValidationError

from aethex_live.providers import NotConfigured
from aethex_live.providers.email import MailCap
from aethex_plugins.email_resend import EmailResend
from aethex_plugins.email_resend.settings import EmailResendSettings
from mail_sites import a_start_without, built, mailing_site, the_sites_mails_arrive_and_their_links_work
from mail_twins import ResendTwin
from sites import OpenSite

GOOD = {"api_key": "re_canary7", "from_address": "hello@example.org"}


async def test_the_sites_mails_arrive_and_their_links_work(open_site: OpenSite, twin: ResendTwin):
    settings = {**GOOD, "api_key": twin.key, "base_url": twin.url, "webhook_secrets": [twin.secret]}
    site = await mailing_site(open_site, "resend", settings)
    await the_sites_mails_arrive_and_their_links_work(site, twin.arrived)
    assert [call.errors for call in twin.seen if call.errors] == []
    # and each names the job that wanted it
    assert all(tags["ref"] for tags in twin.tags.values())


async def test_a_start_without_a_key_says_where_to_get_one(open_site: OpenSite):
    said = await a_start_without(open_site, "resend", {"from_address": "hello@example.org"})
    assert "api_key is missing: set it under [plugins.email_resend], or as AETHEX_EMAIL_RESEND__API_KEY" in said
    assert "resend.com/api-keys" in said


async def test_a_start_with_a_key_of_somebody_else_says_what_it_should_be(open_site: OpenSite):
    said = await a_start_without(open_site, "resend", {**GOOD, "api_key": "SG.canary7"})
    assert "begins with re_" in said
    assert "canary7" not in said


@pytest.mark.parametrize(("changes", "says"), [({"api_key": ""}, "api-keys"), ({"from_address": ""}, "domains")])
def test_what_is_missing_is_named(changes: dict, says: str):
    with pytest.raises(NotConfigured, match=says):
        built(EmailResend, EmailResendSettings(**GOOD | changes))


async def test_what_is_told_back_depends_on_the_secret():
    without = built(EmailResend, EmailResendSettings(**GOOD))
    assert without.capabilities == {MailCap.IDEMPOTENT, MailCap.BATCH}
    settings = EmailResendSettings(**GOOD, webhook_secrets=[ResendTwin().secret])
    told = built(EmailResend, settings)
    assert told.capabilities == {MailCap.IDEMPOTENT, MailCap.BATCH, MailCap.TAGS, MailCap.EVENTS}
    assert "canary7" not in repr(settings) + repr(told) + repr(vars(told))
    await without.aclose()
    await told.aclose()


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key": "re_"},
        {"api_key": "re_a b"},
        {"api_key": "re_ä"},
        {"webhook_secrets": ["secret"]},
        {"from_address": "nobody"},
        {"from_name": "a\nb"},
        {"base_url": "http://api.resend.com"},
    ],
    ids=str,
)
def test_a_malformed_setting_is_refused(changes: dict):
    with pytest.raises(ValidationError):
        EmailResendSettings(**GOOD | changes)
