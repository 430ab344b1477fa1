"""A mail as it goes over the wire."""

import email
import email.policy
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.providers import Invalid
from aethex_live.providers.email import Email
from aethex_live.providers.mail_rules import check_mail
from aethex_plugins.email_smtp.letter import Sender, message_id, written

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENDER = Sender("hello@example.org", "AeThex")


def wire(mail: Email, sender: Sender = SENDER) -> bytes:
    return written(mail, sender, message_id("job-1", sender.domain), NOW)


def test_a_plain_mail_has_its_head():
    mail = email.message_from_bytes(wire(Email(to="ada@example.org", subject="Hi", text="Hello.")))
    assert {name: str(value) for name, value in mail.items()} == {
        "From": "AeThex <hello@example.org>",
        "To": "ada@example.org",
        "Subject": "Hi",
        "Date": "Mon, 23 Nov 2026 12:00:00 +0000",
        "Message-ID": message_id("job-1", "example.org"),
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }


def test_a_key_makes_one_message_id_and_does_not_show():
    assert message_id("job-1", "example.org") == message_id("job-1", "example.org")
    assert message_id("job-1", "example.org") != message_id("job-2", "example.org")
    assert "job" not in message_id("job-1", "example.org")


def test_text_and_html_stand_side_by_side_text_first():
    mail = email.message_from_bytes(wire(Email(to="a@b.org", subject="Hi", text="Hello.", html="<p>Hello.</p>")))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.get_payload()] == ["text/plain", "text/html"]


def test_a_long_address_in_a_header_stays_as_it_is():
    link = "<https://example.org/" + "u" * 600 + ">"
    raw = wire(Email(to="a@b.org", subject="Hi", text="x", headers={"List-Unsubscribe": link}))
    assert f"List-Unsubscribe: {link}".encode() in raw.split(b"\r\n")


@pytest.mark.parametrize("name", ['A "B", <c@d.org>', "Grüße, “Site”", "x" * 100, "a\\", ""])
def test_a_name_of_any_kind_is_one_sender(name: str):
    raw = wire(Email(to="a@b.org", subject="Hi", text="x"), Sender("hello@example.org", name))
    shown = email.message_from_bytes(raw, policy=email.policy.default)["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in shown] == [(name, "hello@example.org")]


LINE = st.text(max_size=300)


@settings(deadline=None)
@given(subject=LINE, text=LINE, name=st.sampled_from(["X-A", "List-Unsubscribe"]), value=LINE, html=LINE | st.none())
def test_whatever_is_let_through_adds_no_header_and_stays_in_seven_bits(
    subject: str, text: str, name: str, value: str, html: str | None
):
    mail = Email(to="a@b.org", subject=subject, text=text, html=html, headers={name: value})
    try:
        check_mail(mail, "smtp")
    except Invalid:
        return
    raw = wire(mail)
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines), "line ends are CRLF and nothing else"
    assert max(map(len, lines)) <= 998
    body = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, body)) <= 76, "RFC 2045"
    read = email.message_from_bytes(raw)
    known = {"From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version", name}
    assert set(read.keys()) <= known | {"Content-Transfer-Encoding"}
    assert len(read.keys()) == len(set(read.keys()))


def test_a_subject_of_any_length_is_cut_into_words_that_every_reader_takes():
    raw = wire(Email(to="a@b.org", subject="Grüße aus Köln " * 30, text="x", headers={"X-Topic": "Ünï " * 60}))
    words = re.findall(rb"=\?utf-8\?[qb]\?[^?]*\?=", raw)
    assert len(words) > 5
    assert max(map(len, words)) <= 75, "RFC 2047"
