"""Without any one feature plugin, and without any provider, the site starts and the core's pages stand."""

import pytest

from sites import OpenSite

PAGES = (
    "/",
    "/nova",
    "/nova/live",
    "/nova/videos",
    "/studio",
    "/studio/nova",
    "/studio/nova/settings",
    "/settings",
    "/api/v1/live",
)
FEATURES = ("chat", "profiles", "reports", "sharing")
KINDS = ("streaming", "storage", "email")


async def pages_of(open_site: OpenSite, **settings: object) -> dict[str, int]:
    site = await open_site(**settings)
    creator = await site.creator("ada", "nova")
    return {path: (await creator.get(path)).status for path in PAGES}


@pytest.mark.parametrize("plugin", FEATURES)
async def test_the_core_pages_stand_without(open_site: OpenSite, plugin: str) -> None:
    found = await pages_of(open_site, disable=(plugin,), providers={"streaming": "none"})
    assert found == dict.fromkeys(PAGES, 200)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_core_pages_stand_when_a_kind_of_provider_is_none(open_site: OpenSite, kind: str) -> None:
    found = await pages_of(open_site, providers={kind: "none"})
    assert found == dict.fromkeys(PAGES, 200)


async def test_without_an_auth_provider_nobody_signs_up_and_pages_say_so(open_site: OpenSite) -> None:
    site = await open_site(providers={"auth": "none", "streaming": "none"})
    visitor = await site.browser()
    assert (await visitor.get("/")).status == 200
    answer = await visitor.api("POST", "/users", {"username": "ada", "password": "long enough 123"})
    assert answer.status == 503
    assert "switched off" in answer.json()["detail"]


async def test_routes_of_a_plugin_that_is_turned_off_answer_404_at_once(open_site: OpenSite) -> None:
    # Given a site with chat
    site = await open_site(providers={"streaming": "none"})
    await site.creator("ada", "nova")
    operator = await site.operator()
    assert (await operator.get("/p/chat/nova")).status == 200
    # When the operator turns it off
    answer = await operator.submit("/admin/plugins/chat", page="/admin/plugins", switch="off")
    # Then it is gone without a restart, and the pages of the core stand
    assert "chat is off" in answer.text
    assert (await operator.get("/p/chat/nova")).status == 404
    watch = await operator.get("/nova/live")
    assert watch.status == 200
    assert 'data-plugin="chat"' not in watch.text


async def test_a_plugin_that_settings_lock_can_not_be_switched_in_the_page(open_site: OpenSite) -> None:
    site = await open_site(enable=("chat",), providers={"streaming": "none"})
    operator = await site.operator()
    answer = await operator.submit("/admin/plugins/chat", page="/admin/plugins", switch="off")
    assert answer.status == 409
    assert "can&#39;t be switched here" in answer.text
