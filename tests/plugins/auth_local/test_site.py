"""Local accounts behind the pages of a site."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sites import PASSWORD, LiveSite, run_site


@pytest_asyncio.fixture(scope="module")
async def site(database_copy, tmp_path_factory) -> AsyncIterator[LiveSite]:
    folder = tmp_path_factory.mktemp("site")
    async with await run_site(
        await database_copy(), folder, providers={"streaming": "none"}, disable=("stream_local",)
    ) as live:
        yield live


@pytest.mark.parametrize(
    ("username", "password", "sentence"),
    [
        ("short_one", "ninechars", "Use at least 10 characters."),
        ("common_one", "Password1234", "This is one of the first passwords that are tried."),
        ("a_name_of_some_length", "A_Name_Of_Some_Length", "use your own name or address as the password."),
    ],
)
async def test_a_poor_password_comes_back_with_its_sentence(
    site: LiveSite, username: str, password: str, sentence: str
):
    visitor = await site.browser()
    answer = await visitor.submit("/sign-up", username=username, email="", password=password)
    assert answer.status == 422
    assert sentence in answer.text
    assert f'value="{username}"' in answer.text
    assert password not in answer.text


async def test_ones_own_name_is_refused_when_the_password_is_changed_too(site: LiveSite):
    member = await site.member("another_long_name")
    answer = await member.submit(
        "/settings/password",
        page="/settings",
        current_password=PASSWORD,
        new_password="another_LONG_name",
    )
    assert answer.status == 422
    assert "use your own name or address as the password." in answer.text


async def test_a_changed_password_opens_and_the_old_one_does_not(site: LiveSite):
    member = await site.member("changes_mind")
    fresh = "four quite ordinary words"
    await member.submit("/settings/password", page="/settings", current_password=PASSWORD, new_password=fresh)
    visitor = await site.browser()
    old = await visitor.submit("/sign-in", username="changes_mind", password=PASSWORD)
    new = await visitor.submit("/sign-in", username="changes_mind", password=fresh)
    assert (old.status, new.status) == (401, 200)
