"""Mails of the outbox: their page, their tag, what becomes of a refusal."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aethex_live.ids import uuid7
from aethex_live.jobs import GiveUp, OutboxCall
from aethex_live.providers import Unavailable
from aethex_live.providers.email import Email
from aethex_live.services.mail_pages import as_page
from aethex_live.services.posting import post
from aethex_live.testing.fakes import FakeEmail

LETTER = """Hello ada,

open this link:

https://live.example.org/p/x?t=1&u=2

    Firefox
    from 192.0.2.1

See https://live.example.org/inside.
"""


class Reader(HTMLParser):
    """The tags, the links and the words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.words += data


def call() -> OutboxCall:
    row = uuid7()
    return OutboxCall(row, {}, 1, str(row))


async def test_a_mail_of_the_outbox_has_its_row_in_it():
    fake, job = FakeEmail(), call()
    first = await post(fake, Email(to="a@b.org", subject="Hi", text=LETTER), job)
    assert await post(fake, Email(to="a@b.org", subject="Hi", text=LETTER), job) == first
    [sent] = fake.sent
    assert sent.tags == {"ref": str(job.id)}
    assert sent.headers == {"Auto-Submitted": "auto-generated"}
    assert sent.html == as_page("Hi", LETTER)


async def test_what_a_mail_says_itself_stays():
    fake = FakeEmail()
    own = Email(to="a@b.org", subject="", text="x", html="<p>y</p>", headers={"X-A": "b"}, tags={"ref": "mine"})
    await post(fake, own, call())
    [sent] = fake.sent
    assert (sent.html, sent.tags) == ("<p>y</p>", {"ref": "mine"})
    assert sent.headers == {"Auto-Submitted": "auto-generated", "X-A": "b"}


async def test_a_malformed_mail_is_given_up_and_other_failures_are_not():
    with pytest.raises(GiveUp) as given_up:
        await post(FakeEmail(), Email(to="nobody", subject="", text=""), call())
    assert given_up.value.__cause__ is None

    class Down(FakeEmail):
        async def send(self, message: Email, *, idempotency_key: str) -> str:
            raise Unavailable("It is down.", provider="fake", operation="send")

    with pytest.raises(Unavailable):
        await post(Down(), Email(to="a@b.org", subject="", text=""), call())


def test_a_page_has_the_words_and_the_links_of_its_text():
    page = Reader(as_page("Hi & <b>", LETTER))
    assert page.links == ["https://live.example.org/p/x?t=1&u=2"]
    assert page.words.split() == ["Hi", "&", "<b>", *LETTER.split()]
    assert page.tags.count("p") == 5


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=100))
def test_no_text_becomes_a_tag(text: str, subject: str):
    page = Reader(as_page(subject, text))
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "div", "p", "br", "a"}
    assert all(re.fullmatch(r"https?://\S+", link) for link in page.links)


@pytest.mark.parametrize(
    "name", ["<script>a()</script>", "https://evil.example", '" onmouseover="a()', "{title}", "%s"]
)
def test_nobodys_name_does_anything(name: str):
    page = Reader(as_page("x", f"Hello {name},\n\nwelcome.\n"))
    assert page.links == []
    assert f"Hello {name}," in page.words
