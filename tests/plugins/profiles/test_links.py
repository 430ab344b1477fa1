"""Which links are shown, and as what they are stored."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aethex_live.errors import Invalid
from aethex_plugins.profiles.links import LONGEST_LABEL, MOST, Link, clean_links


@pytest.mark.parametrize(
    ("label", "url", "stored"),
    [
        ("Me", "https://example.org", ("Me", "https://example.org/")),
        ("", "https://example.org/a?b=c#d", ("example.org", "https://example.org/a?b=c#d")),
        ("  two \t words ", "https://EXAMPLE.org:443/A", ("two words", "https://example.org/A")),
        ("x", "https://example.org:8443/", ("x", "https://example.org:8443/")),
        ("x", "https://bücher.example/ü", ("x", "https://xn--bcher-kva.example/%C3%BC")),
        ("x", "https://ex\u0430mple.org/", ("x", "https://xn--exmple-4nf.org/")),  # a Cyrillic a shows itself
        ("x", 'https://example.org/"><script>', ("x", "https://example.org/%22%3E%3Cscript%3E")),
        ("turn\u202eed", "https://example.org/", ("turned", "https://example.org/")),
    ],
)
def test_a_link_is_stored_in_one_form(label: str, url: str, stored: tuple[str, str]):
    assert clean_links([(label, url)]) == [Link(*stored)]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "http://example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/",
        "https://",
        "https:///x",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0x7f.1/",
        "https://user@example.org/",
        "https://example.org@evil.example/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/a b",
        "https://example.org\\@evil.example/",
        "https://example.org/\na",
        "https://example.org/\u202e",
        "https://-x-.org/",
        "https://" + "a" * 300 + ".org/",
        "https://example.org/" + "x" * 300,
    ],
)
def test_what_is_no_https_address_is_refused_with_a_sentence(url: str):
    with pytest.raises(Invalid) as refused:
        clean_links([("Me", url)])
    assert refused.value.field == "links"
    assert str(refused.value).endswith(".")


def test_empty_rows_are_left_out_and_more_than_five_refused():
    rows = [("", ""), ("a", "https://example.org"), (" ", " ")]
    assert len(clean_links(rows)) == 1
    with pytest.raises(Invalid, match="at most 5"):
        clean_links([("a", "https://example.org")] * 6)


URLS = st.one_of(
    st.text(max_size=40),
    st.text(max_size=40).map("https://{}".format),
    st.text(max_size=40).map("https://example.org/{}".format),
)


@given(st.lists(st.tuples(st.text(max_size=60), URLS), max_size=7))
def test_whatever_is_typed_is_safe_or_refused(rows: list[tuple[str, str]]):
    try:
        links = clean_links(rows)
    except Invalid as refused:
        assert refused.field == "links"
        return
    assert len(links) <= MOST
    for label, url in links:
        parts = urlsplit(url)
        assert parts.scheme == "https"
        assert parts.hostname
        assert parts.username is None
        assert url.isascii()
        assert not set(url) & set(' "<>\\^`{|}')
        assert label
        assert len(label) <= LONGEST_LABEL
        assert label.isprintable()
    assert clean_links([*links]) == links, "what is stored can be stored again"
