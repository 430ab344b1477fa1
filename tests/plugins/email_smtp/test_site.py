"""A whole site that sends by SMTP, and what stops its start."""

import pytest
from mail_servers import PASSWORD, USER, Mailbox, certificate, check_login, server
from pydantic import SecretStr, ValidationError

from aethex_live.providers import NotConfigured
from aethex_plugins.email_smtp import EmailSmtp
from aethex_plugins.email_smtp.settings import EmailSmtpSettings
from mail_sites import a_start_without, built, mailing_site, the_sites_mails_arrive_and_their_links_work
from sites import OpenSite

GOOD = {"host": "mail.example.org", "from_address": "hello@example.org"}


async def test_the_sites_mails_arrive_and_their_links_work(open_site: OpenSite, mailbox: Mailbox, tmp_path):
    context, trusted = certificate(tmp_path)
    async with server(mailbox, tls_context=context, authenticator=check_login, auth_required=True) as port:
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "ca_file": str(trusted),
            "username": USER,
            "password": PASSWORD,
            "from_address": "hello@example.org",
        }
        site = await mailing_site(open_site, "smtp", settings)
        await the_sites_mails_arrive_and_their_links_work(site, mailbox.arrived)
        assert {mail["From"] for mail in mailbox.mails} == {"AeThex <hello@example.org>"}
        # and the operator tries it: without an address the login alone, with one a mail
        operator = await site.operator()
        tried = await operator.api("POST", "/admin/providers/email/test", {"to": "boss@example.org"})
        assert "was handed over" in tried.text, tried.text


async def test_a_start_without_a_server_says_what_is_missing(open_site: OpenSite):
    said = await a_start_without(open_site, "smtp", {"from_address": "hello@example.org"})
    assert "host is missing: set it under [plugins.email_smtp], or as AETHEX_EMAIL_SMTP__HOST" in said


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"host": ""}, "host is missing"),
        ({"from_address": ""}, "AETHEX_EMAIL_SMTP__FROM_ADDRESS"),
        ({"username": "site"}, "password is missing"),
        ({"username": "site", "password": "x", "security": "none"}, "readable on its way"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file under .* can't be read .No such file"),
    ],
    ids=str,
)
def test_what_is_missing_is_named(changes: dict, says: str):
    with pytest.raises(NotConfigured, match=says):
        built(EmailSmtp, EmailSmtpSettings(**GOOD | changes))


def test_a_file_without_certificates_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(NotConfigured, match="ca_file"):
        built(EmailSmtp, EmailSmtpSettings(**GOOD, ca_file=tmp_path / "ca.pem"))


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_the_security(security: str, port: int):
    assert EmailSmtpSettings(**GOOD, security=security).chosen_port == port
    assert EmailSmtpSettings(**GOOD, security=security, port=2525).chosen_port == 2525


@pytest.mark.parametrize(
    "changes",
    [
        {"from_address": "nobody"},
        {"from_address": "jörg@example.org"},
        {"from_name": "a\nBcc: x@y.org"},
        {"host": "mail.example.org/x"},
        {"host": "me@mail.example.org"},
        {"username": "a\r\nb"},
        {"password": "käse"},
        {"port": 0},
        {"security": "maybe"},
        {"timeout_s": 0},
    ],
    ids=str,
)
def test_a_malformed_setting_is_refused(changes: dict):
    with pytest.raises(ValidationError) as refused:
        EmailSmtpSettings(**GOOD | changes)
    assert [error["loc"] for error in refused.value.errors()] == [tuple(changes)]


def test_the_password_does_not_show():
    settings = EmailSmtpSettings(**GOOD, username="site", password=SecretStr("canary-7"))
    provider = built(EmailSmtp, settings)
    assert "canary-7" not in repr(settings) + repr(provider) + repr(vars(provider))


async def test_a_mail_that_is_refused_is_given_up_and_its_address_stays_out_of_the_log(
    open_site: OpenSite, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
):
    mailbox.refuse = {"rcpt": "550 5.1.1 <ada@example.net> is unknown here"}
    async with server(mailbox) as port:
        site = await mailing_site(open_site, "smtp", {**GOOD, "host": "127.0.0.1", "port": port, "security": "none"})
        browser = await site.browser()
        await browser.submit("/sign-up", username="ada", email="ada@example.net", password="correct horse 9 battery")
        site.platform.db.bind()
        await site.platform.jobs.settle()
        [dead] = await site.platform.jobs.dead()
    assert dead.attempts == 1
    assert dead.last_error == "The mail server refuses the recipient (550 5.1.1)."
    assert "ada@example.net" not in caplog.text
