"""Signing up, in and out through the pages, as a browser without JavaScript does it."""

import pytest

from sites import PASSWORD, LiveSite, OpenSite


async def test_a_visitor_signs_up_and_is_signed_in(site: LiveSite) -> None:
    # Given a visitor
    visitor = await site.browser()
    # When they make an account
    answer = await visitor.submit("/sign-up", username="ada", email="", password=PASSWORD)
    # Then the page they land on knows them
    assert answer.status == 200
    assert "@ada" in answer.text


async def test_a_refused_sign_up_keeps_what_was_typed_and_says_why_beside_the_field(site: LiveSite) -> None:
    visitor = await site.browser()
    answer = await visitor.submit("/sign-up", username="grace", email="not-an-address", password=PASSWORD)
    assert answer.status == 422
    assert 'value="grace"' in answer.text
    assert "This is not an e-mail address" in answer.text
    assert PASSWORD not in answer.text


async def test_a_taken_name_is_refused_whatever_its_case(site: LiveSite) -> None:
    await site.member("linus")
    answer = await (await site.browser()).submit("/sign-up", username="LINUS", email="", password=PASSWORD)
    assert answer.status == 409
    assert "This name is taken" in answer.text


async def test_wrong_name_and_wrong_password_get_the_same_answer(site: LiveSite) -> None:
    await site.member("edsger")
    visitor = await site.browser()
    wrong_password = await visitor.submit("/sign-in", username="edsger", password="something else 1")
    unknown_name = await visitor.submit("/sign-in", username="nobody_here", password="something else 1")
    assert wrong_password.status == unknown_name.status == 401
    assert "The name or the password is not right." in wrong_password.text
    assert "The name or the password is not right." in unknown_name.text


async def test_signing_out_ends_the_session_on_the_server_too(site: LiveSite) -> None:
    member = await site.member("barbara")
    cookie = {cookie.key: cookie.value for cookie in member.session.cookie_jar}["aethex"]
    await member.submit("/sign-out", page="/")
    # the old cookie, brought back by hand, opens nothing
    again = await site.browser()
    answer = await again.ask("GET", "/api/v1/me", headers={"Cookie": f"aethex={cookie}"})
    assert answer.status == 401


async def test_a_guest_is_sent_to_sign_in_and_then_back(site: LiveSite) -> None:
    await site.member("donald")
    visitor = await site.browser()
    asked = await visitor.get("/settings")
    assert "/sign-in?next=/settings" in asked.url.replace("%2F", "/")
    answer = await visitor.submit("/sign-in", page=asked.url, username="donald", password=PASSWORD, next="/settings")
    assert answer.url.endswith("/settings")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_next_never_leads_to_another_site(site: LiveSite, elsewhere: str) -> None:
    name = f"n{abs(hash(elsewhere)) % 10**8}"
    await site.member(name)
    visitor = await site.browser()
    answer = await visitor.submit("/sign-in", username=name, password=PASSWORD, next=elsewhere)
    assert answer.url.startswith(site.url)


async def test_a_form_from_another_site_is_not_carried_out(site: LiveSite) -> None:
    member = await site.member("mallory_victim")
    answer = await member.ask("POST", "/sign-out", headers={"Sec-Fetch-Site": "cross-site"}, data={"csrf": "x"})
    assert answer.status == 403
    assert (await member.api("GET", "/me")).status == 200


async def test_a_form_without_its_token_is_not_carried_out(site: LiveSite) -> None:
    member = await site.member("tokenless")
    answer = await member.ask("POST", "/sign-out", data={"csrf": "0" * 64})
    assert answer.status == 403
    assert "Reload the page" in answer.text


async def test_a_json_call_with_a_cookie_needs_an_origin_of_ours(site: LiveSite) -> None:
    member = await site.member("scripted")
    without = await member.ask("PATCH", "/api/v1/me", json={"display_name": "x", "email": ""})
    foreign = await member.ask(
        "PATCH",
        "/api/v1/me",
        json={"display_name": "x", "email": ""},
        headers={"Origin": "https://evil.example"},
    )
    assert (without.status, foreign.status) == (403, 403)


async def test_too_many_tries_are_slowed_down_and_told_when_to_come_back(open_site: OpenSite) -> None:
    site = await open_site(providers={"streaming": "none"})
    visitor = await site.browser()
    answers = [await visitor.submit("/sign-in", username="ada", password="wrong one 123") for _ in range(11)]
    assert [answer.status for answer in answers[:10]] == [401] * 10
    assert answers[10].status == 429
    assert "Try again in" in answers[10].text


async def test_changing_the_password_signs_out_everywhere_else(site: LiveSite) -> None:
    # Given an account that is signed in twice
    here = await site.member("frances")
    there = await site.browser()
    await there.submit("/sign-in", username="frances", password=PASSWORD)
    # When it changes its password here
    answer = await here.submit(
        "/settings/password", page="/settings", current_password=PASSWORD, new_password="another long one 7"
    )
    # Then it is still signed in here and nowhere else
    assert "Your password is changed" in answer.text
    assert (await here.api("GET", "/me")).status == 200
    assert (await there.api("GET", "/me")).status == 401
    assert (await (await site.browser()).submit("/sign-in", username="frances", password=PASSWORD)).status == 401


async def test_the_setup_link_works_once(open_site: OpenSite) -> None:
    site = await open_site(providers={"streaming": "none"})
    token = await site.platform.domain.setup.new_token()
    visitor = await site.browser()
    answer = await visitor.submit(f"/setup/{token}", username="boss", email="", password=PASSWORD)
    assert answer.url.endswith("/setup/site")
    assert answer.status == 200
    again = await (await site.browser()).get(f"/setup/{token}")
    assert again.status == 404
    assert await site.platform.domain.setup.new_token() is None
