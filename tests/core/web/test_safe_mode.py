"""Safe mode: the site starts with the core and its providers, whatever the plugins do, and says so to operators."""

from __future__ import annotations

from sites import OpenSite

WORDS = "Safe mode: only the core and the chosen providers run."


async def test_only_the_core_and_the_chosen_providers_start(open_site: OpenSite) -> None:
    site = await open_site(safe=True)
    on = {row.name for row in site.platform.plugins.rows() if site.platform.plugins.is_on(row.name)}
    assert on == {"auth_local", "stream_local", "storage_local", "email_outbox"}
    assert site.platform.notices()[0].startswith(WORDS)


async def test_operators_are_told_on_every_page_and_others_are_not(open_site: OpenSite) -> None:
    site = await open_site(safe=True)
    operator = await site.operator()
    for path in ("/", "/admin/plugins", "/settings"):
        assert WORDS in (await operator.get(path)).text, path
    assert WORDS not in (await (await site.browser()).get("/")).text
    assert WORDS not in (await (await site.member("ada")).get("/")).text


async def test_a_site_that_is_not_in_safe_mode_says_nothing_of_it(open_site: OpenSite) -> None:
    site = await open_site()
    assert WORDS not in (await (await site.operator()).get("/")).text
    assert not any(line.startswith("Safe mode") for line in site.platform.notices())
