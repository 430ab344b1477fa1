"""The policy of a page, and what a provider's component may add to it."""

import pytest

from aethex_live._web.headers import policy


def of(**more: list[str]) -> dict[str, list[str]]:
    said = policy(
        "'sha256-x'",
        player=False,
        media=["https://media.example"],
        sockets=["wss://live.example"],
        more={name.replace("_", "-"): sources for name, sources in more.items()},
    )
    parts = (part.partition(" ") for part in said.split("; "))
    return {name: sources.split() for name, _, sources in parts}


def test_a_page_is_widened_by_what_is_named_and_by_nothing_else():
    plain = of()
    wide = of(
        script_src=["https://clerk.example.org", "https://*.protect.example.org"],
        connect_src=["https://*.protect.example.org:*"],
        worker_src=["blob:"],
        style_src=["'unsafe-inline'"],
    )
    assert wide["script-src"] == [*plain["script-src"], "https://clerk.example.org", "https://*.protect.example.org"]
    assert wide["connect-src"] == [*plain["connect-src"], "https://*.protect.example.org:*"]
    assert wide["worker-src"] == plain["worker-src"], "what is allowed already is not said twice"
    assert wide["style-src"] == ["'self'", "'unsafe-inline'"]
    same = plain.keys() - {"script-src", "connect-src", "style-src"}
    assert {name: wide[name] for name in same} == {name: plain[name] for name in same}


@pytest.mark.parametrize(
    ("directive", "source"),
    [
        ("script_src", "'unsafe-inline'"),
        ("script_src", "'unsafe-eval'"),
        ("script_src", "*"),
        ("script_src", "https:"),
        ("script_src", "https://a.example; object-src *"),
        ("script_src", "https://a.example https://b.example"),
        ("script_src", "https://a.example\r\nSet-Cookie: a=b"),
        ("script_src", ""),
        ("default_src", "https://a.example"),
        ("form_action", "https://a.example"),
        ("base_uri", "https://a.example"),
        ("frame_ancestors", "https://a.example"),
        ("img_src", "'unsafe-inline'"),
    ],
)
def test_what_would_open_more_than_it_names_is_refused(directive: str, source: str):
    with pytest.raises(ValueError, match="can't be widened"):
        of(**{directive: [source]})
